"""What a line writes into its steps by itself."""

import pytest

from pipeline.line.constants import constants
from pipeline.line.model import Settings
from tests.fakes.small_line import data_of

pytestmark = pytest.mark.unit

FLOWS = """
    a_flow:
      about: it
      steps:
        - set: {number: '"000000"', days: "7", said: other}
        - tool: {name: find, arguments: {number: "{number}", area: login, most: 3}, save_as: found}
        - say: Hello.
"""
MORE = "tools: [{name: find, runs: crm.find}]"


def test_literals_of_set_steps_and_fixed_arguments_of_tools_are_the_lines_own():
    assert list(constants(Settings.model_validate(data_of(FLOWS, MORE)))) == ["000000", "7", "login", 3]
