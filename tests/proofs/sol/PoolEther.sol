// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {POOL_LEDGER, POOL_WITHDRAWAL} from "./Layout.sol";
import {Account, Books, PoolState} from "./PoolState.sol";

/// The pool with ETH, and beneficiaries that take it. Each proof says what a function does to all the books, and when it
/// is done at all.
contract PoolEther is PoolState {
    function setUp() public {
        deployPool(address(0));
    }

    function held() internal view override returns (uint256) {
        return address(pool).balance;
    }

    function hold(uint256 amount) internal override {
        vm.deal(address(pool), amount);
        vm.deal(BENEFICIARY, 0);
    }

    function call(address caller, uint256 value, bytes memory data) internal returns (bool done, bytes memory answer) {
        vm.deal(caller, value);
        vm.prank(caller);
        return address(pool).call{value: value}(data);
    }

    // ---------------------------------------------------------------- desk

    function check_reserve_takes_free_funds_only(uint256 amount) public {
        Books memory b = anyBooks();
        (bool done, bytes memory answer) = call(DESK, 0, abi.encodeCall(pool.reserve, (amount)));
        unchecked {
            if (!done) {
                assert(amount > type(uint128).max);
            } else if (abi.decode(answer, (bool))) {
                assert(both(b.debt <= b.surplus, amount <= b.surplus - b.debt));
                b.covered += uint128(amount);
                b.surplus -= uint128(amount);
            } else {
                assert(either(b.debt > b.surplus, amount > b.surplus - b.debt));
            }
        }
        assert(booksAre(b));
    }

    function check_release_frees_what_was_reserved(uint128 amount) public {
        Books memory b = anyBooks();
        unchecked {
            vm.assume(amount <= b.covered - b.credited - b.bonded);
            (bool done,) = call(DESK, 0, abi.encodeCall(pool.release, (amount)));
            assert(done);
            b.covered -= amount;
            b.surplus += amount;
        }
        assert(booksAre(b));
    }

    function check_pay_backed_moves_reserve_to_credit(uint128 amount) public {
        Books memory b = anyBooks();
        Account memory mine = anyAccount(BENEFICIARY, 1, b);
        Account memory others = anyAccount(OTHER, 1, b);
        unchecked {
            vm.assume(mine.credited <= b.credited);
            vm.assume(amount <= b.covered - b.credited - b.bonded);
            (bool done,) = call(DESK, 0, abi.encodeCall(pool.pay, (BENEFICIARY, amount, true, false)));
            assert(done);
            b.credited += amount;
            mine.credited += amount;
        }
        assert(both(booksAre(b), both(accountIs(BENEFICIARY, mine), accountIs(OTHER, others))));
    }

    function check_pay_unbacked_makes_a_debt(uint120 amount) public {
        Books memory b = anyBooks();
        Account memory mine = anyAccount(BENEFICIARY, 1, b);
        Account memory others = anyAccount(OTHER, 1, b);
        (bool done,) = call(DESK, 0, abi.encodeCall(pool.pay, (BENEFICIARY, amount, false, false)));
        assert(done);
        owe(b, mine, amount);
        assert(both(booksAre(b), both(accountIs(BENEFICIARY, mine), accountIs(OTHER, others))));
    }

    function check_pay_backed_and_collect(uint32 amount) public {
        Books memory b = anyBooks();
        Account memory mine = anyAccount(BENEFICIARY, 0, b);
        unchecked {
            assumeShare(b, mine);
            vm.assume(amount <= b.covered - b.credited - b.bonded);
            (bool done,) = call(DESK, 0, abi.encodeCall(pool.pay, (BENEFICIARY, amount, true, true)));
            assert(done);
            uint128 sent = take(b, mine) + amount;
            b.covered -= amount;
            assert(both(booksAre(b), both(accountIs(BENEFICIARY, mine), BENEFICIARY.balance == sent)));
        }
    }

    /// The account's credit and paid debts are part of all that is credited.
    function assumeShare(Books memory b, Account memory a) private {
        unchecked {
            uint128 share = a.credited;
            for (uint256 i = 0; i < a.debts; i++) {
                share += part(a.position[i], a.amount[i], b.paid);
            }
            vm.assume(share <= b.credited);
        }
    }

    // ---------------------------------------------------------------- panel, lane

    function check_reserve_up_to_takes_free_funds_only(uint256 amount) public {
        Books memory b = anyBooks();
        (uint256 funds, uint256 committed) = halves(load(address(pool), bytes32(POOL_LEDGER)));
        uint256 taken;
        unchecked {
            if (funds > committed) taken = amount < funds - committed ? amount : funds - committed;
        }
        (bool done, bytes memory answer) = call(PANEL, 0, abi.encodeCall(pool.reserve_up_to, (amount)));
        assert(done);
        unchecked {
            assert(abi.decode(answer, (uint256)) == taken);
            b.covered += uint128(taken);
            b.surplus -= uint128(taken);
        }
        assert(booksAre(b));
    }

    function check_take_bond_from_panel(uint120 amount) public {
        takeBond(PANEL, amount);
    }

    function check_take_bond_from_lane(uint120 amount) public {
        takeBond(LANE, amount);
    }

    function takeBond(address taker, uint120 amount) private {
        width = 32;
        vm.assume(amount >> 32 == 0);
        Books memory b = anyBooks();
        (bool done,) = call(taker, amount, abi.encodeCall(pool.take_bond, (PAYER, amount)));
        assert(done);
        unchecked {
            b.covered += amount;
            // The lane's bonds count as reserved.
            if (taker == PANEL) b.bonded += amount;
        }
        assert(booksAre(b));
    }

    function check_settle(uint120 bond, uint120 reserved, uint120 credited, uint120 due) public {
        Books memory b = anyBooks();
        Account memory mine = anyAccount(BENEFICIARY, 1, b);
        Account memory others = anyAccount(OTHER, 1, b);
        unchecked {
            vm.assume(mine.credited <= b.credited);
            vm.assume(bond <= b.bonded);
            vm.assume(reserved <= b.covered - b.credited - b.bonded);
            vm.assume(credited <= uint128(bond) + uint128(reserved));
            (bool done,) =
                call(PANEL, 0, abi.encodeCall(pool.settle, (BENEFICIARY, bond, reserved, credited, due, false)));
            assert(done);
            uint128 released = uint128(bond) + uint128(reserved) - uint128(credited);
            b.bonded -= bond;
            b.covered -= released;
            b.surplus += released;
            uint128 gets = credited;
            if (both(b.debt <= b.surplus, due <= b.surplus - b.debt)) {
                b.covered += due;
                b.surplus -= due;
                gets += due;
            } else if (due != 0) {
                // No debt where free funds suffice, and then at the end of the queue.
                owe(b, mine, due);
            }
            b.credited += gets;
            mine.credited += gets;
        }
        assert(both(booksAre(b), both(accountIs(BENEFICIARY, mine), accountIs(OTHER, others))));
    }

    // ---------------------------------------------------------------- operator

    function check_withdraw_takes_free_funds_only(address caller, uint128 amount, uint64 time) public {
        vm.assume(caller != address(pool));
        Books memory b = anyBooks();
        uint256[3] memory announced;
        for (uint256 i = 0; i < 3; i++) {
            announced[i] = svm.createUint256("announced");
            vm.store(address(pool), bytes32(POOL_WITHDRAWAL + i), bytes32(announced[i]));
        }
        vm.warp(time);
        (bool done,) = call(caller, 0, abi.encodeCall(pool.withdraw, (amount, BENEFICIARY)));
        if (done) {
            assert(caller == OPERATOR);
            assert(both(announced[1] <= time, time <= announced[2]));
            assert(both(amount != 0, amount <= announced[0]));
            unchecked {
                assert(both(b.debt <= b.surplus, amount <= b.surplus - b.debt));
                b.surplus -= amount;
            }
            assert(load(address(pool), bytes32(POOL_WITHDRAWAL)) == 0);
            assert(BENEFICIARY.balance == amount);
        }
        assert(booksAre(b));
    }

    // ---------------------------------------------------------------- anyone

    function check_fund(uint120 amount) public {
        Books memory b = anyBooks();
        (bool done,) = call(PAYER, amount, abi.encodeCall(pool.fund, (amount)));
        assert(done == (amount != 0));
        unchecked {
            b.surplus += amount;
        }
        assert(booksAre(b));
    }

    function check_sync_adopts_what_came_in() public {
        Books memory b = anyBooks();
        (bool done,) = call(PAYER, 0, abi.encodeCall(pool.sync, ()));
        assert(done);
        unchecked {
            b.surplus += b.excess;
            b.excess = 0;
        }
        assert(booksAre(b));
    }

    function check_collect_sends_all_credit() public {
        collect(0);
    }

    function check_collect_with_a_debt() public {
        width = 16;
        collect(1);
    }

    /// Who has something is sent it, whole and at once, whatever else the books hold.
    function collect(uint256 debts) private {
        Books memory b = anyBooks();
        Account memory mine = anyAccount(BENEFICIARY, debts, b);
        Account memory others = anyAccount(OTHER, 1, b);
        assumeShare(b, mine);
        (bool done,) = call(PAYER, 0, abi.encodeCall(pool.collect, (BENEFICIARY)));
        uint128 sent = take(b, mine);
        if (!done) {
            assert(sent == 0);
            return;
        }
        bool same = both(booksAre(b), both(accountIs(BENEFICIARY, mine), accountIs(OTHER, others)));
        assert(both(same, both(sent != 0, BENEFICIARY.balance == sent)));
    }

    // ---------------------------------------------------------------- who may

    function check_strangers_move_nothing(address caller, uint256 amount, bool flag) public {
        vm.assume(both(both(caller != DESK, caller != PANEL), both(caller != LANE, caller != OPERATOR)));
        bytes[9] memory calls = [
            abi.encodeCall(pool.reserve, (amount)),
            abi.encodeCall(pool.release, (amount)),
            abi.encodeCall(pool.pay, (caller, amount, flag, false)),
            abi.encodeCall(pool.reserve_up_to, (amount)),
            abi.encodeCall(pool.take_bond, (caller, amount)),
            abi.encodeCall(pool.settle, (caller, amount, amount, amount, amount, flag)),
            abi.encodeCall(pool.announce_withdrawal, (amount)),
            abi.encodeCall(pool.cancel_withdrawal, ()),
            abi.encodeCall(pool.withdraw, (amount, caller))
        ];
        for (uint256 i = 0; i < calls.length; i++) {
            vm.prank(caller);
            (bool done,) = address(pool).call(calls[i]);
            assert(!done);
        }
    }
}
