"""Addresses that lead inside are opened by nobody, and names that mean something else are no model's."""

import ipaddress

import pytest

from telephone.errors import Misconfigured
from telephone.models.registry import RESERVED, Registry
from telephone.providers.downloads import is_public
from tests.hostile.corpus import corpus


@pytest.mark.parametrize("address", [line for _, text in corpus("inside_addresses") for line in text.split()])
def test_an_address_that_leads_inside_is_not_public(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1", "::ffff:8.8.8.8"]
)
def test_an_address_that_leads_outside_is(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("name", RESERVED)
def test_no_model_is_called_what_means_something_else(tmp_path, name):
    own = tmp_path / "models.toml"
    own.write_text(f'\n[{name}]\nkind = "t2i"\nprovider = "offline"\nref = "x"\nprice_usd = 0.0\nlicence = "x"\n')
    with pytest.raises(Misconfigured, match=rf"line 2: in \[{name}\]: no model can be called {name}"):
        Registry.load(["offline"], own)
