"""`Blob`, `EncodingUtil` and `Crypto` digests (Apex Reference Guide)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import quote_plus, unquote_plus

from rehearsal.org.apex.registry import native

if TYPE_CHECKING:
    from rehearsal.org.apex.execution import Execution

_DIGESTS = {"MD5": "md5", "SHA1": "sha1", "SHA-256": "sha256", "SHA-512": "sha512"}
_MACS = {"HMACMD5": "md5", "HMACSHA1": "sha1", "HMACSHA256": "sha256", "HMACSHA512": "sha512"}


@native("static Blob.valueOf(String): Blob")
def blob_of(run: Execution, text: str) -> bytes:
    return text.encode()


@native("Blob.toString(): String")
def blob_text(run: Execution, this: bytes) -> str:
    try:
        return this.decode()
    except UnicodeDecodeError:
        raise run.error("StringException", "BLOB is not a valid UTF-8 string") from None


@native("Blob.size(): Integer")
def blob_size(run: Execution, this: bytes) -> int:
    return len(this)


@native("static EncodingUtil.base64Encode(Blob): String")
def base64_encode(run: Execution, data: bytes) -> str:
    return base64.b64encode(data).decode()


@native("static EncodingUtil.base64Decode(String): Blob")
def base64_decode(run: Execution, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise run.error("InvalidParameterValueException", "Invalid base64 text") from None


@native("static EncodingUtil.convertToHex(Blob): String")
def convert_to_hex(run: Execution, data: bytes) -> str:
    return data.hex()


@native("static EncodingUtil.urlEncode(String, String): String")
def url_encode(run: Execution, text: str, charset: str) -> str:
    return quote_plus(text, encoding=charset)


@native("static EncodingUtil.urlDecode(String, String): String")
def url_decode(run: Execution, text: str, charset: str) -> str:
    return unquote_plus(text, encoding=charset)


@native("static Crypto.generateDigest(String, Blob): Blob")
def generate_digest(run: Execution, algorithm: str, data: bytes) -> bytes:
    if algorithm not in _DIGESTS:
        raise run.error("SecurityException", f"Unknown algorithm: {algorithm}")
    return hashlib.new(_DIGESTS[algorithm], data).digest()


@native("static Crypto.generateMac(String, Blob, Blob): Blob")
def generate_mac(run: Execution, algorithm: str, data: bytes, key: bytes) -> bytes:
    name = _MACS.get(algorithm.upper())
    if name is None:
        raise run.error("SecurityException", f"Unknown algorithm: {algorithm}")
    return hmac.new(key, data, name).digest()
