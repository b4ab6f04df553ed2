# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  DeskFactory
@author Makegood
@license AGPL-3.0-only
@notice Deploys a directory, a pool, a panel and a desk, wired to each other for good, in one transaction, and lists them.
        It has no owner and keeps no power over what it deployed.
"""

from .interfaces import IDeskFactory
from .modules import create_address
from .modules import refusal

implements: IDeskFactory

DESK_BLUEPRINT: immutable(address)
POOL_BLUEPRINT: immutable(address)
PANEL_BLUEPRINT: immutable(address)
DIRECTORY_BLUEPRINT: immutable(address)

# Contracts this factory creates for one desk; its own nonce counts them, from 1 on (EIP-161).
A_DESK: constant(uint256) = 4

desk_count: public(uint256)
is_desk: public(HashMap[address, bool])
_deployments: HashMap[uint256, IDeskFactory.Deployment]


@deploy
def __init__(
    desk_blueprint: address, pool_blueprint: address, panel_blueprint: address, directory_blueprint: address
):
    """
    @notice Fixes the blueprints (EIP-5202) that every desk of this factory is made from.
    @param desk_blueprint Of SupportDesk.
    @param pool_blueprint Of CompensationPool.
    @param panel_blueprint Of ArbiterPanel.
    @param directory_blueprint Of AgentDirectory.
    """
    if not (
        desk_blueprint.is_contract
        and pool_blueprint.is_contract
        and panel_blueprint.is_contract
        and directory_blueprint.is_contract
    ):
        refusal.because("factory: blueprint has no code")
    DESK_BLUEPRINT = desk_blueprint
    POOL_BLUEPRINT = pool_blueprint
    PANEL_BLUEPRINT = panel_blueprint
    DIRECTORY_BLUEPRINT = directory_blueprint


# ---------------------------------------------------------------- anyone


@external
def deploy_desk(
    operator: address,
    asset: address,
    notice: uint256,
    name: String[64],
    arbiters: DynArray[address, 15],
    threshold: uint256,
) -> IDeskFactory.Deployment:
    """
    @notice Deploys and lists a desk. Anyone may, for any operator: a listing says that the code is ours, not that
            the operator is who its name says. That is for the operator's own domain to confirm.
    @param operator Who owns the desk; not zero.
    @param asset Zero for ETH, else an ERC-20.
    @param notice Seconds between the announcement of a withdrawal and its first usable second.
    @param name What the operator calls the desk.
    @param arbiters Who decides disputes, ascending; may be empty: until the operator has a panel adopted, silence
           then decides every dispute for the requester.
    @param threshold How many of them a verdict takes, more than half; 0 where there are none.
    @return The addresses.
    """
    # They must know each other: the addresses of panel and desk follow from the nonces they will have.
    first: uint256 = 1 + A_DESK * self.desk_count
    expected_panel: address = create_address.at(self, first + 2)
    expected_desk: address = create_address.at(self, first + 3)
    directory: address = create_from_blueprint(DIRECTORY_BLUEPRINT, operator)
    pool: address = create_from_blueprint(POOL_BLUEPRINT, expected_desk, expected_panel, directory, asset, notice)
    panel: address = create_from_blueprint(PANEL_BLUEPRINT, expected_desk, pool, directory, arbiters, threshold)
    desk: address = create_from_blueprint(DESK_BLUEPRINT, pool, panel, directory)
    # The panel was created just before: if the desk is where it should be, so is the panel.
    if desk != expected_desk:
        refusal.because("factory: desk address differs")

    made: IDeskFactory.Deployment = IDeskFactory.Deployment(desk=desk, pool=pool, panel=panel, directory=directory)
    self._deployments[self.desk_count] = made
    self.desk_count += 1
    self.is_desk[desk] = True
    log IDeskFactory.DeskDeployed(
        desk=desk, operator=operator, asset=asset, pool=pool, panel=panel, directory=directory, notice=notice, name=name
    )
    return made


# ---------------------------------------------------------------- views


@view
@external
def deployment(index: uint256) -> IDeskFactory.Deployment:
    """
    @notice The desks of this factory, in the order of their deployment.
    @param index From 0 on, below `desk_count`.
    @return The addresses; zero beyond the last.
    """
    return self._deployments[index]


@view
@external
def blueprints() -> IDeskFactory.Deployment:
    """
    @notice The blueprints of desk, pool, panel and directory.
    @return The addresses.
    """
    return IDeskFactory.Deployment(
        desk=DESK_BLUEPRINT, pool=POOL_BLUEPRINT, panel=PANEL_BLUEPRINT, directory=DIRECTORY_BLUEPRINT
    )
