# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  asset_transfer
@author Makegood
@license AGPL-3.0-only
@notice Moves ETH (asset zero) or any ERC-20 and reports what moved, by the balance before and after. Return
        values of tokens are not believed: some return nothing, some false on success, some true on failure.
"""

from ethereum.ercs import IERC20


@internal
@view
def is_token(asset: address) -> bool:
    """
    @notice Whether an address can say what this contract holds of it, without which no books can be kept.
    @param asset Any address.
    @return False for one without code, or whose answer is no number.
    """
    # Precompiles answer every call, and have no code.
    if not asset.is_contract:
        return False
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        asset,
        abi_encode(self, method_id=method_id("balanceOf(address)")),
        max_outsize=32,
        is_static_call=True,
        revert_on_failure=False,
    )
    return success and len(answer) == 32


@internal
@view
def balance_of(asset: address) -> uint256:
    """
    @notice What this contract holds.
    @param asset The asset; zero is ETH.
    @return In units of the asset.
    """
    if asset == empty(address):
        return self.balance
    return staticcall IERC20(asset).balanceOf(self)


@internal
def pull(asset: address, sender: address, amount: uint256) -> uint256:
    """
    @notice Takes up to `amount` of a token from `sender`, who has approved it.
    @param asset A token.
    @param sender Whose tokens.
    @param amount How many.
    @return What came in, 0 where the token refused.
    """
    before: uint256 = self.balance_of(asset)
    success: bool = raw_call(
        asset,
        abi_encode(sender, self, amount, method_id=method_id("transferFrom(address,address,uint256)")),
        revert_on_failure=False,
    )
    balance_now: uint256 = self.balance_of(asset)
    if not success or balance_now <= before:
        return 0
    return unsafe_sub(balance_now, before)


@internal
def push(asset: address, to: address, amount: uint256) -> uint256:
    """
    @notice Sends `amount` of the asset.
    @param asset The asset; zero is ETH.
    @param to Who gets it.
    @param amount How much.
    @return What went out, 0 where the asset or the recipient refused.
    """
    before: uint256 = self.balance_of(asset)
    success: bool = False
    if asset == empty(address):
        success = raw_call(to, b"", value=amount, revert_on_failure=False)
    else:
        success = raw_call(
            asset, abi_encode(to, amount, method_id=method_id("transfer(address,uint256)")), revert_on_failure=False
        )
    balance_now: uint256 = self.balance_of(asset)
    if not success or balance_now >= before:
        return 0
    return unsafe_sub(before, balance_now)
