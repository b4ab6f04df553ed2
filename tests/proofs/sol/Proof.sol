// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

interface Vm {
    function assume(bool condition) external;
    function deal(address who, uint256 amount) external;
    function getCode(string calldata path) external returns (bytes memory);
    function load(address at, bytes32 slot) external view returns (bytes32);
    function prank(address sender) external;
    function store(address at, bytes32 slot, bytes32 word) external;
    function warp(uint256 time) external;
}

interface Svm {
    function createBool(string calldata name) external returns (bool);
    function createBytes32(string calldata name) external returns (bytes32);
    function createUint(uint256 bits, string calldata name) external returns (uint256);
    function createUint256(string calldata name) external returns (uint256);
    function enableSymbolicStorage(address at) external;
}

/// What all proofs share. Words are compared without jumps, so that a property adds no paths.
abstract contract Proof {
    Vm internal constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
    Svm internal constant svm = Svm(0xF3993A62377BCd56AE39D773740A5390411E8BC9);

    /// The compiled contract that `prove.py` has put under this name; `arguments` are its constructor's.
    function deploy(string memory name, bytes memory arguments) internal returns (address at) {
        bytes memory code = bytes.concat(vm.getCode(string.concat("code/", name, ".json")), arguments);
        assembly {
            at := create(0, add(code, 32), mload(code))
        }
        require(at != address(0), "not deployed");
    }

    function both(bool a, bool b) internal pure returns (bool c) {
        assembly {
            c := and(a, b)
        }
    }

    function either(bool a, bool b) internal pure returns (bool c) {
        assembly {
            c := or(a, b)
        }
    }

    /// `a` where the condition holds, else 0.
    function only(bool condition, uint256 a) internal pure returns (uint256 b) {
        assembly {
            b := and(a, sub(0, condition))
        }
    }

    function smaller(uint256 a, uint256 b) internal pure returns (uint256 c) {
        assembly {
            c := xor(b, and(xor(a, b), sub(0, lt(a, b))))
        }
    }

    /// a - b, at least 0.
    function above(uint256 a, uint256 b) internal pure returns (uint256 c) {
        assembly {
            c := and(sub(a, b), sub(0, gt(a, b)))
        }
    }

    function slotOf(uint256 slot, uint256 key) internal pure returns (bytes32) {
        return keccak256(abi.encode(slot, key));
    }

    function load(address at, bytes32 slot) internal view returns (uint256) {
        return uint256(vm.load(at, slot));
    }
}
