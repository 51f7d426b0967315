"""Published vectors of the venue's signing scheme, test network only."""

import inspect
import pickle
from decimal import Decimal

import pytest

from solalpha.errors import ConfigError
from solalpha.hyperliquid import signing

KEY = "0x0123456789012345678901234567890123456789012345678901234567890123"
ADDRESS = "0x14791697260e4c9a71f18484c9f997b308e59325"
needs_packages = pytest.mark.skipif(
    not signing.is_available(), reason="the extra 'signing' is not installed"
)


def order(asset, price, size, tif, cloid=None):
    wire = {
        "a": asset,
        "b": True,
        "p": price,
        "s": size,
        "r": False,
        "t": {"limit": {"tif": tif}},
    }
    if cloid is not None:
        wire["c"] = cloid
    return {"type": "order", "orders": [wire], "grouping": "na"}


DUMMY = {"type": "dummy", "num": 100000000000}
T2 = order(1, "100", "100", "Gtc")
T3 = order(1, "100", "100", "Gtc", "0x00000000000000000000000000000001")
X1 = order(5, "150.25", "1.5", "Alo")
HASHES = [
    (
        order(4, "1670.1", "0.0147", "Ioc"),
        1677777606040,
        None,
        "0fcbeda5ae3c4950a548021552a4fea2226858c4453571bf3f24ba017eac2908",
    ),
    (
        DUMMY,
        0,
        None,
        "f528daee6a0bd11407b483cfcd9a48c56884180b70ee86f124053e5fc1bf4d57",
    ),
    (T2, 0, None, "884f2c32bb6dbdd65f6033e32fb28c0cb6f5b345db0f6471fd3366d85c9252c1"),
    (T3, 0, None, "0ba500cedd8f4ba6ded620a0b1cd04f124d9ba745e2e2893fcc763bcc1444af5"),
    (
        X1,
        1700000000000,
        None,
        "ad93057ced658349c3ec016d1224863a1d9ee13ed4570ff84cf32314a7d9e93f",
    ),
    (
        X1,
        1700000000000,
        1700000005000,
        "185d035725fb3a82c65184a1d26b61e930777ee9a3994f1941958e2934c86155",
    ),
    (
        order(5, "150.25", "1.50", "Alo"),
        1700000000000,
        None,
        "3986c49d779f781db965ee30e0687999f619a8a80108d512ed21b43b5561bc30",
    ),
]
SIGNATURES = [
    (
        DUMMY,
        "0x542af61ef1f429707e3c76c5293c80d01f74ef853e34b76efffcb57e574f9510",
        "0x17b8b32f086e8cdede991f1e2c529f5dd5297cbe8128500e00cbaf766204a613",
        28,
    ),
    (
        T2,
        "0x82b2ba28e76b3d761093aaded1b1cdad4960b3af30212b343fb2e6cdfa4e3d54",
        "0x6b53878fc99d26047f4d7e8c90eb98955a109f44209163f52d8dc4278cbbd9f5",
        27,
    ),
    (
        T3,
        "0xeba0664bed2676fc4e5a743bf89e5c7501aa6d870bdb9446e122c9466c5cd16d",
        "0x7f3e74825c9114bc59086f1eebea2928c190fdfbfde144827cb02b85bbe90988",
        28,
    ),
]


@needs_packages
@pytest.mark.parametrize(("action", "nonce", "expires", "expected"), HASHES)
def test_action_hash_equals_published_vector(action, nonce, expires, expected):
    assert signing.action_hash(action, nonce, None, expires).hex() == expected


@needs_packages
@pytest.mark.parametrize(("action", "r", "s", "v"), SIGNATURES)
def test_signature_equals_published_test_network_vector(action, r, s, v):
    key = signing.TestnetKey(KEY)
    signature = key.sign(action, nonce=0, vault=None, expires_after_ms=None)
    assert signature == {"r": r, "s": s, "v": v}


@needs_packages
def test_main_network_signature_recovers_to_another_address():
    signature = {
        "r": "0xd65369825a9df5d80099e513cce430311d7d26ddf477f5b3a33d2806b100d78e",
        "s": "0x2b54116ff64054968aa237c20ca9ff68000f977c93289157748a3162b6ea940e",
        "v": 28,
    }
    recovered = signing.recover_address(
        T2, signature, nonce=0, vault=None, expires_after_ms=None
    )
    assert recovered != ADDRESS


@needs_packages
@pytest.mark.parametrize("vault", [None, "0x" + "ab" * 20])
@pytest.mark.parametrize("expires", [None, 1700000005000])
def test_own_signature_recovers_to_the_signer(vault, expires):
    key = signing.TestnetKey(KEY)
    signature = key.sign(X1, nonce=7, vault=vault, expires_after_ms=expires)
    recovered = signing.recover_address(
        X1, signature, nonce=7, vault=vault, expires_after_ms=expires
    )
    assert recovered == key.address == ADDRESS


@needs_packages
def test_nonsense_signature_is_refused():
    with pytest.raises(ConfigError):
        signing.recover_address(
            X1, {"r": "zz"}, nonce=7, vault=None, expires_after_ms=None
        )


@needs_packages
def test_key_is_never_shown():
    key = signing.TestnetKey(KEY)
    with pytest.raises(ConfigError) as caught:
        signing.TestnetKey(KEY[:-1] + "g")
    with pytest.raises(TypeError):
        pickle.dumps(key)
    secret = KEY[2:40]
    assert secret not in repr(key) + str(key) + str(caught.value)
    assert caught.value.__cause__ is None


def test_no_function_can_name_the_main_network():
    functions = [
        member
        for owner in (signing, signing.TestnetKey)
        for _, member in inspect.getmembers(owner, inspect.isfunction)
    ]
    named = {name for f in functions for name in inspect.signature(f).parameters}
    assert not {"is_mainnet", "source", "network", "mainnet"} & named
    assert signing.TESTNET_SOURCE == "b"
    assert '"a"' not in inspect.getsource(signing)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1.50", "1.5"),
        ("100", "100"),
        ("1E+2", "100"),
        ("-0.00", "0"),
        ("0.00000001", "0.00000001"),
    ],
)
def test_number_text_has_no_trailing_zeros(value, text):
    assert signing.number_text(Decimal(value)) == text


@pytest.mark.parametrize("value", ["NaN", "Infinity", "0.000000001"])
def test_number_text_refuses_what_the_venue_cannot_hash(value):
    with pytest.raises(ConfigError):
        signing.number_text(Decimal(value))
