# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  DeskFactory
@author Makegood
@license AGPL-3.0-only
@notice Deploys a directory, a pool and a desk, wired to each other for good, in one transaction, and lists them.
        It has no owner and keeps no power over what it deployed.
"""

from .interfaces import IDeskFactory
from .modules import create_address
from .modules import refusal

implements: IDeskFactory

DESK_BLUEPRINT: immutable(address)
POOL_BLUEPRINT: immutable(address)
DIRECTORY_BLUEPRINT: immutable(address)

# Contracts this factory creates for one desk; its own nonce counts them, from 1 on (EIP-161).
A_DESK: constant(uint256) = 3

desk_count: public(uint256)
is_desk: public(HashMap[address, bool])
_deployments: HashMap[uint256, IDeskFactory.Deployment]


@deploy
def __init__(desk_blueprint: address, pool_blueprint: address, directory_blueprint: address):
    """
    @notice Fixes the blueprints (EIP-5202) that every desk of this factory is made from.
    @param desk_blueprint Of SupportDesk.
    @param pool_blueprint Of CompensationPool.
    @param directory_blueprint Of AgentDirectory.
    """
    if not (desk_blueprint.is_contract and pool_blueprint.is_contract and directory_blueprint.is_contract):
        refusal.because("factory: blueprint has no code")
    DESK_BLUEPRINT = desk_blueprint
    POOL_BLUEPRINT = pool_blueprint
    DIRECTORY_BLUEPRINT = directory_blueprint


# ---------------------------------------------------------------- anyone


@external
def deploy_desk(
    operator: address, asset: address, notice: uint256, name: String[64]
) -> IDeskFactory.Deployment:
    """
    @notice Deploys and lists a desk. Anyone may, for any operator: a listing says that the code is ours, not that
            the operator is who its name says. That is for the operator's own domain to confirm.
    @param operator Who owns the desk; not zero.
    @param asset Zero for ETH, else an ERC-20.
    @param notice Seconds between the announcement of a withdrawal and its first usable second.
    @param name What the operator calls the desk.
    @return The three addresses.
    """
    # The pool must know the desk and the desk the pool: the desk's address follows from the nonce it will have.
    first: uint256 = 1 + A_DESK * self.desk_count
    expected: address = create_address.at(self, first + 2)
    directory: address = create_from_blueprint(DIRECTORY_BLUEPRINT, operator)
    pool: address = create_from_blueprint(POOL_BLUEPRINT, expected, directory, asset, notice)
    desk: address = create_from_blueprint(DESK_BLUEPRINT, pool, directory)
    if desk != expected:
        refusal.because("factory: desk address differs")

    made: IDeskFactory.Deployment = IDeskFactory.Deployment(desk=desk, pool=pool, directory=directory)
    self._deployments[self.desk_count] = made
    self.desk_count += 1
    self.is_desk[desk] = True
    log IDeskFactory.DeskDeployed(
        desk=desk, operator=operator, asset=asset, pool=pool, directory=directory, notice=notice, name=name
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
    @notice The blueprints of desk, pool and directory.
    @return The three addresses.
    """
    return IDeskFactory.Deployment(desk=DESK_BLUEPRINT, pool=POOL_BLUEPRINT, directory=DIRECTORY_BLUEPRINT)
