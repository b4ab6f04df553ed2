// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {DESK_AMOUNTS, DESK_TICKETS} from "./Layout.sol";
import {Proof} from "./Proof.sol";

interface IDesk {
    function breach_clocks(bytes32 ticket_id) external;
    function claim(bytes32 ticket_id, bool collect) external returns (uint256);
    function close(bytes32 ticket_id) external;
    function end_challenge(bytes32 ticket_id, uint256 proven_at, uint256 until) external returns (uint256);
    function reply(bytes32 ticket_id, uint256 status, bytes32 digest) external;
    function report(bytes32 ticket_id, uint256 kind) external returns (uint256);
    function rule(bytes32 ticket_id, uint256 kind, bool upheld, uint256 amount)
        external
        returns (address, uint256, uint256);
    function ticket_word(bytes32 ticket_id) external view returns (uint256);
}

/// What the desk asks of its neighbours, written down: the pool's part is proven in PoolEther.
contract Neighbours {
    uint256 public paid;
    uint256 public released;
    address public beneficiary;
    bool public backed;

    function pay(address to, uint256 amount, bool isBacked, bool) external {
        unchecked {
            paid += amount;
        }
        (beneficiary, backed) = (to, isBacked);
    }

    function release(uint256 amount) external {
        released += amount;
    }

    function has_open_dispute(bytes32) external pure returns (bool) {
        return false;
    }

    function standing(address) external pure returns (uint256) {
        return 1;
    }
}

/// One payment a kind: from any ticket's word, under any policy, at any time. Bits only ever become set, and what is paid
/// is what the kinds come to whose bit becomes set; so over a ticket's whole life no kind is paid twice.
contract Desk is Proof {
    uint256 internal constant BREACHED = 243;
    uint256 internal constant COMPENSATED = 247;
    bytes32 internal constant ID = bytes32(uint256(0x71CE7));

    IDesk internal desk;
    Neighbours internal asked;

    function code() internal pure virtual returns (string memory) {
        return "SupportDesk";
    }

    function setUp() public {
        asked = new Neighbours();
        address all = address(asked);
        desk = IDesk(deploy(code(), abi.encode(all, all, all, all, all)));
        svm.enableSymbolicStorage(address(desk));
    }

    // ---------------------------------------------------------------- words

    function field(uint256 word, uint256 at, uint256 width) internal pure returns (uint256) {
        return (word >> at) & ((1 << width) - 1);
    }

    /// What the clock kinds come to under the ticket's policy.
    function worth(uint256 word, uint256 kinds) internal view returns (uint256 sum) {
        unchecked {
            uint256 amounts = load(address(desk), slotOf(DESK_AMOUNTS, field(word, 224, 13) * 4 + field(word, 237, 2)));
            for (uint256 i = 0; i < 3; i++) {
                sum += only((kinds >> i) & 1 == 1, field(amounts, i * 85, 85));
            }
        }
    }

    function ticket() internal view returns (uint256) {
        return load(address(desk), slotOf(DESK_TICKETS, uint256(ID)));
    }

    /// Kinds that `word` has compensated and `before` had not.
    function newly(uint256 before, uint256 word) internal pure returns (uint256) {
        return field(word & ~before, COMPENSATED, 4);
    }

    /// Whatever happened: no bit of a breach or a compensation was cleared, the parties and the policy are the same, and
    /// paid was what the newly compensated clock kinds come to.
    function isPaidOnce(uint256 before, uint256 word, uint256 kinds) internal view returns (bool) {
        uint256 amount = asked.paid();
        bool kept = both(field(before & ~word, BREACHED, 8) == 0, field(before ^ word, 0, 160) == 0);
        kept = both(kept, field(before ^ word, 224, 15) == 0);
        // Nothing is compensated that is not breached.
        kept = both(kept, kinds & ~field(word, BREACHED, 4) == 0);
        bool right = both(asked.beneficiary() == address(uint160(before)), asked.backed() == (field(before, 251, 1) == 1));
        return both(both(kept, amount == worth(before, kinds)), either(amount == 0, right));
    }

    // ---------------------------------------------------------------- what pays

    function check_claim(uint64 time, bool collect) public {
        uint256 before = ticket();
        vm.warp(time);
        (bool done,) = address(desk).call(abi.encodeCall(desk.claim, (ID, collect)));
        uint256 word = ticket();
        uint256 kinds = newly(before, word);
        // Nothing but breaches and compensations changes.
        bool kept = both((before ^ word) & ~(uint256(0xff) << BREACHED) == 0, asked.released() == 0);
        assert(both(both(kept, done == (kinds != 0)), isPaidOnce(before, word, kinds)));
    }

    function check_second_claim_pays_nothing(uint64 time, bool collect) public {
        vm.warp(time);
        (bool done,) = address(desk).call(abi.encodeCall(desk.claim, (ID, collect)));
        vm.assume(done);
        uint256 paid = asked.paid();
        (done,) = address(desk).call(abi.encodeCall(desk.claim, (ID, collect)));
        assert(both(!done, asked.paid() == paid));
    }

    /// What closing pays and what it releases is all that was reserved and not paid before.
    function check_close(address caller, uint64 time) public {
        uint256 before = ticket();
        vm.warp(time);
        vm.prank(caller);
        (bool done,) = address(desk).call(abi.encodeCall(desk.close, (ID)));
        if (!done) return;
        uint256 word = ticket();
        bool backed = field(before, 251, 1) == 1;
        uint256 left = worth(before, 7 & ~field(before, COMPENSATED, 4));
        unchecked {
            bool whole = asked.released() == only(backed, left - asked.paid());
            assert(both(whole, isPaidOnce(before, word, newly(before, word))));
        }
    }

    function check_rule(uint256 kind, bool upheld, uint256 amount, uint64 time) public {
        uint256 before = ticket();
        // The panel's word for it: one of the four kinds.
        vm.assume(either(either(kind == 1, kind == 2), either(kind == 4, kind == 8)));
        vm.warp(time);
        vm.prank(address(asked));
        (bool done,) = address(desk).call(abi.encodeCall(desk.rule, (ID, kind, upheld, amount)));
        if (!done) return;
        uint256 kinds = newly(before, ticket());
        bool meant = both(kinds & ~kind == 0, either(upheld, kinds == 0));
        assert(both(meant, isPaidOnce(before, ticket(), kinds)));
    }

    function check_report(uint256 kind, uint64 time) public {
        uint256 before = ticket();
        vm.warp(time);
        vm.prank(address(asked));
        (bool done,) = address(desk).call(abi.encodeCall(desk.report, (ID, kind)));
        if (!done) return;
        uint256 kinds = newly(before, ticket());
        assert(both(kinds == kind, isPaidOnce(before, ticket(), kinds)));
    }

    // ---------------------------------------------------------------- what pays nothing

    function check_reply(uint256 status, bytes32 digest, uint64 time) public {
        quiet(abi.encodeCall(desk.reply, (ID, status, digest)), time);
    }

    function check_end_challenge(uint64 provenAt, uint64 until, uint64 time) public {
        quiet(abi.encodeCall(desk.end_challenge, (ID, provenAt, until)), time);
    }

    function check_breach_clocks(uint64 time) public {
        quiet(abi.encodeCall(desk.breach_clocks, (ID)), time);
    }

    function quiet(bytes memory data, uint64 time) private {
        uint256 before = ticket();
        vm.warp(time);
        vm.prank(address(asked));
        (bool done,) = address(desk).call(data);
        if (!done) return;
        assert(isPaidOnce(before, ticket(), 0));
        assert(newly(before, ticket()) == 0);
    }
}
