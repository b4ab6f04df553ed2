// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Proof} from "./Proof.sol";

/// Every packed word, through ClockHarness: what is packed stands in the bits that storage_words.vy says, and is read
/// again, all fields at once, for all values in range.
contract Words is Proof {
    address internal harness;

    function code() internal pure virtual returns (string memory) {
        return "ClockHarness";
    }

    function setUp() public {
        harness = deploy(code(), "");
    }

    /// The two times, the second and the third field, stop at the last second that 32 bits hold, whatever they are.
    function check_ticket() public {
        // requester, clock, resolution, policy, priority, status, then kinds and flags
        bytes memory widths = hex"a020200d02030104040101010101";
        uint256[] memory fields = anyFields(hex"a0ffff0d02030104040101010101");
        uint256[] memory answer = ask(
            "pack_ticket((address,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256))",
            fields
        );
        fields[1] = smaller(fields[1], type(uint32).max);
        fields[2] = smaller(fields[2], type(uint32).max);
        checkFields(answer, fields, widths);
    }

    function check_terms() public {
        checkWord("pack_terms(uint256,uint256,uint256,uint256)", hex"a81d1d17"); // 168, 29, 29, 23
    }

    function check_targets() public {
        checkWord("pack_targets(uint256[3],uint256)", hex"20202060"); // 32, 32, 32, 96
    }

    function check_three() public {
        checkWord("pack_three(uint256[3])", hex"555555"); // 85, 85, 85
    }

    function check_bonds() public {
        checkWord("pack_bonds(uint256,uint256)", hex"5555"); // 85, 85
    }

    function check_incidents() public {
        checkWord("pack_incidents((uint256,uint256,uint256,uint256,uint256))", hex"600e141355"); // 96, 14, 20, 19, 85
    }

    function check_coverage() public {
        checkWord("pack_coverage(uint256[4])", hex"28101002"); // 40, 16, 16, 2
    }

    function check_agent() public {
        checkWord("pack_agent(uint256[3],bool)", hex"28280201"); // 40, 40, 2, 1
    }

    function check_channel() public {
        checkWord("pack_channel(uint256,uint256)", hex"2828"); // 40, 40
    }

    function check_halves() public {
        checkWord("pack_halves(uint256,uint256)", hex"8080"); // 128, 128
    }

    function check_account() public {
        checkWord("pack_account(uint256[3])", hex"804040"); // 128, 64, 64
    }

    function check_panels() public {
        checkWord("pack_panels((uint256,uint256,uint256,uint256,uint256,uint256))", hex"202040202828"); // 32, 32, 64, 32, 40, 40
    }

    function check_dispute() public {
        checkWord("pack_dispute((uint256,uint256,uint256,uint256,uint256,uint256))", hex"032028400f62"); // 3, 32, 40, 64, 15, 98
    }

    function check_incident() public {
        checkWord("pack_incident(uint256[2])", hex"6060"); // 96, 96
    }

    function check_batch() public {
        checkWord("pack_batch((address,uint256,uint256,uint256,uint256))", hex"a00d282801"); // 160, 13, 40, 40, 1
    }

    function check_proof() public {
        checkWord("pack_proof((uint256,uint256,uint256,uint256,uint256,uint256,uint256))", hex"28282028550101"); // 40, 40, 32, 40, 85, 1, 1
    }

    /// `widths` are the fields' bits, from bit 0 up, one byte each.
    function checkWord(string memory signature, bytes memory widths) private {
        uint256[] memory fields = anyFields(widths);
        checkFields(ask(signature, fields), fields, widths);
    }

    function anyFields(bytes memory widths) private returns (uint256[] memory fields) {
        fields = new uint256[](widths.length);
        for (uint256 i = 0; i < widths.length; i++) {
            fields[i] = svm.createUint(uint8(widths[i]), "field");
        }
    }

    /// The word, then the fields that were read from it.
    function ask(string memory signature, uint256[] memory fields) private returns (uint256[] memory answer) {
        bytes memory data = abi.encodePacked(bytes4(keccak256(bytes(signature))), fields);
        (bool done, bytes memory words) = harness.call(data);
        assert(done);
        assert(words.length == 32 * (fields.length + 1));
        answer = new uint256[](fields.length + 1);
        for (uint256 i = 0; i <= fields.length; i++) {
            assembly {
                mstore(add(add(answer, 32), mul(i, 32)), mload(add(add(words, 32), mul(i, 32))))
            }
        }
    }

    function checkFields(uint256[] memory answer, uint256[] memory fields, bytes memory widths) private pure {
        uint256 word = answer[0];
        for (uint256 i = 0; i < fields.length; i++) {
            uint256 width = uint8(widths[i]);
            assert(word & ((1 << width) - 1) == fields[i]);
            assert(answer[i + 1] == fields[i]);
            word >>= width;
        }
        assert(word == 0);
    }

    /// The ends of four priorities' openings and of all leaves, 24 bits each; then what is reserved.
    function check_places() public {
        bytes memory widths = hex"181818181880";
        uint256[] memory fields = anyFields(hex"151515151580");
        uint256[] memory answer = ask("pack_places(uint256[5],uint256)", fields);
        for (uint256 i = 1; i < 5; i++) {
            fields[i] += fields[i - 1];
        }
        checkFields(answer, fields, widths);
    }

    function check_another_reserve(uint256 word, uint128 reserved) public {
        (bool done, bytes memory answer) =
            harness.call(abi.encodeWithSignature("change_reserved(uint256,uint256)", word, reserved));
        assert(done);
        assert(abi.decode(answer, (uint256)) == (word & (2 ** 120 - 1)) | (uint256(reserved) << 120));
    }
}
