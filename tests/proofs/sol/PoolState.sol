// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {POOL_ACCOUNTS, POOL_DEBTS, POOL_LEDGER, POOL_QUEUE, POOL_SPLIT} from "./Layout.sol";
import {Proof} from "./Proof.sol";

interface IPool {
    function announce_withdrawal(uint256 amount) external;
    function cancel_withdrawal() external;
    function collect(address beneficiary) external returns (uint256);
    function fund(uint256 amount) external payable;
    function pay(address beneficiary, uint256 amount, bool backed, bool collect) external;
    function release(uint256 amount) external;
    function reserve(uint256 amount) external returns (bool);
    function reserve_up_to(uint256 amount) external returns (uint256);
    function settle(address beneficiary, uint256 bond, uint256 reserved, uint256 credited, uint256 due, bool collect)
        external;
    function sync() external;
    function take_bond(address payer, uint256 amount) external payable returns (uint256);
    function withdraw(uint256 amount, address to) external;
}

/// The operator, for the pool; nothing else of the directory is asked.
contract Directory {
    address public owner;

    constructor(address operator) {
        owner = operator;
    }
}

/// The books in parts that add up. In 128 bits, as the pool stores them: sums are then compared term by term.
struct Books {
    uint128 covered; // reserved, credited and bonded
    uint128 credited;
    uint128 bonded;
    uint128 debt;
    uint128 paid; // of all debts there ever were
    uint128 surplus; // funds beyond what is covered: free, or for debts
    uint128 excess; // what the pool has beyond its funds
}

/// What the pool owes one beneficiary: its credit, and the debts not yet turned into credit.
struct Account {
    uint128 credited;
    uint256 first;
    uint256 debts;
    uint128[3] position;
    uint128[3] amount;
}

/// The pool in any state that keeps its promises, with two beneficiaries in it; what the others have is the rest.
abstract contract PoolState is Proof {
    address internal constant DESK = address(0xD1);
    address internal constant PANEL = address(0xD2);
    address internal constant LANE = address(0xD3);
    address internal constant OPERATOR = address(0xD4);
    address internal constant PAYER = address(0xD5);
    address internal constant BENEFICIARY = address(0xB1);
    address internal constant OTHER = address(0xB2);
    uint256 internal constant NOTICE = 30 days;

    IPool internal pool;
    /// Bits of every part of the books.
    uint256 internal width = 120;

    /// Another name in a proof that is to fail.
    function code() internal pure virtual returns (string memory) {
        return "CompensationPool";
    }

    /// What the pool really has.
    function held() internal view virtual returns (uint256);

    function hold(uint256 amount) internal virtual;

    function deployPool(address asset) internal {
        address directory = address(new Directory(OPERATOR));
        pool = IPool(deploy(code(), abi.encode(DESK, PANEL, LANE, directory, asset, NOTICE)));
    }

    // ---------------------------------------------------------------- books

    /// Any books that are solvent: no part is below zero.
    function anyBooks() internal returns (Books memory b) {
        unchecked {
            b.covered = any("covered");
            b.credited = any("credited");
            b.bonded = any("bonded");
            vm.assume(b.credited <= b.covered);
            vm.assume(b.bonded <= b.covered - b.credited);
            b.debt = any("debt");
            b.paid = any("paid");
            b.surplus = any("surplus");
            b.excess = any("excess");
            storeHalves(POOL_LEDGER, b.covered + b.surplus, b.covered + b.debt);
            storeHalves(POOL_SPLIT, b.credited, b.bonded);
            storeHalves(POOL_DEBTS, b.paid + b.debt, b.paid);
            hold(b.covered + b.surplus + b.excess);
        }
    }

    function any(string memory name) internal returns (uint128) {
        return uint128(svm.createUint(width, name));
    }

    /// The books as they are now; a part below zero would show as one beyond the width.
    function books() internal view returns (Books memory b) {
        unchecked {
            (uint128 funds, uint128 committed) = halves(load(address(pool), bytes32(POOL_LEDGER)));
            (b.credited, b.bonded) = halves(load(address(pool), bytes32(POOL_SPLIT)));
            uint128 incurred;
            (incurred, b.paid) = halves(load(address(pool), bytes32(POOL_DEBTS)));
            b.debt = incurred - b.paid;
            b.covered = committed - b.debt;
            b.surplus = funds - b.covered;
            b.excess = uint128(held()) - funds;
        }
    }

    function storeHalves(uint256 slot, uint128 low, uint128 high) private {
        vm.store(address(pool), bytes32(slot), bytes32(abi.encodePacked(high, low)));
    }

    function halves(uint256 word) internal pure returns (uint128 low, uint128 high) {
        return (uint128(word), uint128(word >> 128));
    }

    function booksAre(Books memory a) internal view returns (bool same) {
        Books memory b = books();
        same = both(a.covered == b.covered, both(a.credited == b.credited, a.bonded == b.bonded));
        same = both(same, both(a.debt == b.debt, a.paid == b.paid));
        same = both(same, both(a.surplus == b.surplus, a.excess == b.excess));
    }

    // ---------------------------------------------------------------- accounts

    /// Any account with so many debts not yet turned into credit, each behind the one before, all of them incurred.
    function anyAccount(address who, uint256 debts, Books memory b) internal returns (Account memory a) {
        unchecked {
            (a.credited, a.debts) = (any("credit"), debts);
            a.first = svm.createUint(63, "first debt");
            uint256 word = a.credited | (a.first << 128) | ((a.first + debts) << 192);
            vm.store(address(pool), slotOf(POOL_ACCOUNTS, uint160(who)), bytes32(word));
            uint128 end = 0;
            for (uint256 i = 0; i < debts; i++) {
                (a.position[i], a.amount[i]) = (any("position"), any("amount"));
                vm.store(
                    address(pool), queueSlot(who, a.first + i), bytes32(abi.encodePacked(a.amount[i], a.position[i]))
                );
                vm.assume(both(end <= a.position[i], a.position[i] + a.amount[i] <= b.paid + b.debt));
                end = a.position[i] + a.amount[i];
            }
        }
    }

    /// The account's credit is that, and its debts are those: what was credited of them is zero.
    function accountIs(address who, Account memory a) internal view returns (bool same) {
        unchecked {
            uint256 word = load(address(pool), slotOf(POOL_ACCOUNTS, uint160(who)));
            same = both(uint128(word) == a.credited, word >> 192 == a.first + a.debts);
            for (uint256 i = 0; i < a.debts; i++) {
                (uint128 position, uint128 amount) = halves(load(address(pool), queueSlot(who, a.first + i)));
                same = both(same, both(amount == a.amount[i], either(amount == 0, position == a.position[i])));
            }
        }
    }

    function queueSlot(address who, uint256 index) internal pure returns (bytes32) {
        return keccak256(abi.encode(slotOf(POOL_QUEUE, uint160(who)), index));
    }

    /// What of a debt lies below `paid`.
    function part(uint128 position, uint128 amount, uint128 paid) internal pure returns (uint128) {
        unchecked {
            return uint128(only(paid > position, smaller(paid - position, amount)));
        }
    }

    // ---------------------------------------------------------------- what each function must do to the books

    /// A debt at the end of the queue.
    function owe(Books memory b, Account memory a, uint128 amount) internal pure {
        unchecked {
            (a.position[a.debts], a.amount[a.debts]) = (b.paid + b.debt, amount);
            a.debts += 1;
            b.debt += amount;
        }
    }

    /// Whoever has debts has them paid as far as the surplus reaches; all that is credited then is taken out of the
    /// books, to be sent.
    function take(Books memory b, Account memory a) internal pure returns (uint128 ready) {
        unchecked {
            if (a.debts != 0) {
                uint128 paying = uint128(smaller(b.debt, b.surplus));
                b.paid += paying;
                b.debt -= paying;
                b.surplus -= paying;
                b.covered += paying;
                b.credited += paying;
            }
            ready = a.credited;
            for (uint256 i = 0; i < a.debts; i++) {
                uint128 matured = part(a.position[i], a.amount[i], b.paid);
                ready += matured;
                a.position[i] += matured;
                a.amount[i] -= matured;
            }
            a.credited = 0;
            b.credited -= ready;
            b.covered -= ready;
        }
    }
}
