# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  DeskFactory
@author Makegood
@license AGPL-3.0-only
@notice Deploys a directory, a pool, a panel, a batch lane and a desk, wired to each other for good, in one transaction, and lists them.
        It has no owner and keeps no power over what it deployed.
"""

from .interfaces import IArbiterPanel
from .interfaces import IDeskFactory
from .modules import create_address
from .modules import refusal

implements: IDeskFactory

DESK_BLUEPRINT: immutable(address)
POOL_BLUEPRINT: immutable(address)
PANEL_IMPLEMENTATION: immutable(address)
LANE_BLUEPRINT: immutable(address)
DIRECTORY_BLUEPRINT: immutable(address)
RULES: immutable(address)

# Contracts this factory creates for one desk; its own nonce counts them, from 1 on (EIP-161).
A_DESK: constant(uint256) = 5

desk_count: public(uint256)
is_desk: public(HashMap[address, bool])
_deployments: HashMap[uint256, IDeskFactory.Deployment]


@deploy
def __init__(
    desk_blueprint: address,
    pool_blueprint: address,
    panel_implementation: address,
    lane_blueprint: address,
    directory_blueprint: address,
    rules: address,
):
    """
    @notice Fixes the blueprints (EIP-5202) that every desk of this factory is made from, and what its panels are proxies
            (ERC-1167) of.
    @param desk_blueprint Of SupportDesk.
    @param pool_blueprint Of CompensationPool.
    @param panel_implementation An ArbiterPanel; not on a hot path, it costs a desk two million gas less this way.
    @param lane_blueprint Of BatchLane.
    @param directory_blueprint Of AgentDirectory.
    @param rules A PolicyRules, which all desks ask.
    """
    if not (
        desk_blueprint.is_contract
        and pool_blueprint.is_contract
        and panel_implementation.is_contract
        and lane_blueprint.is_contract
        and directory_blueprint.is_contract
        and rules.is_contract
    ):
        refusal.because("factory: blueprint has no code")
    DESK_BLUEPRINT = desk_blueprint
    POOL_BLUEPRINT = pool_blueprint
    PANEL_IMPLEMENTATION = panel_implementation
    LANE_BLUEPRINT = lane_blueprint
    DIRECTORY_BLUEPRINT = directory_blueprint
    RULES = rules


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
    # They must know each other: the addresses of panel, lane and desk follow from the nonces they will have.
    first: uint256 = 1 + A_DESK * self.desk_count
    expected_panel: address = create_address.at(self, first + 2)
    expected_lane: address = create_address.at(self, first + 3)
    expected_desk: address = create_address.at(self, first + 4)
    directory: address = create_from_blueprint(DIRECTORY_BLUEPRINT, operator)
    pool: address = create_from_blueprint(
        POOL_BLUEPRINT, expected_desk, expected_panel, expected_lane, directory, asset, notice
    )
    panel: address = create_minimal_proxy_to(PANEL_IMPLEMENTATION)
    extcall IArbiterPanel(panel).initialize(expected_desk, pool, directory, arbiters, threshold)
    lane: address = create_from_blueprint(LANE_BLUEPRINT, expected_desk, pool, directory)
    desk: address = create_from_blueprint(DESK_BLUEPRINT, pool, panel, lane, directory, RULES)
    # Panel and lane were created just before: if the desk is where it should be, so are they.
    if desk != expected_desk:
        refusal.because("factory: desk address differs")

    made: IDeskFactory.Deployment = IDeskFactory.Deployment(
        desk=desk, pool=pool, panel=panel, lane=lane, directory=directory
    )
    self._deployments[self.desk_count] = made
    self.desk_count += 1
    self.is_desk[desk] = True
    log IDeskFactory.DeskDeployed(
        desk=desk,
        operator=operator,
        asset=asset,
        pool=pool,
        panel=panel,
        lane=lane,
        directory=directory,
        notice=notice,
        name=name,
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
    @notice The blueprints of desk, pool, lane and directory, and what the panels are proxies of.
    @return The addresses.
    """
    return IDeskFactory.Deployment(
        desk=DESK_BLUEPRINT,
        pool=POOL_BLUEPRINT,
        panel=PANEL_IMPLEMENTATION,
        lane=LANE_BLUEPRINT,
        directory=DIRECTORY_BLUEPRINT,
    )


@view
@external
def rules() -> address:
    """
    @notice Which policies every desk of this factory takes.
    @return The PolicyRules.
    """
    return RULES
