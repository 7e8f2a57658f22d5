"""Numbers of ISO/IEC 14496-3:2019, part 3, subpart 4, that an AAC encoder of our kind needs: facts of the standard."""

from typing import Final

BANDS_24K: Final = (
    0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 52, 60, 68, 76, 84, 92, 100, 108, 116, 124, 136, 148,
    160, 172, 188, 204, 220, 240, 260, 284, 308, 336, 364, 396, 432, 468, 508, 552, 600, 652, 704, 768, 832, 896, 960, 1024,
)  # fmt: skip
"""First lines of the scale factor bands of a long window at 22.05 and 24 kHz, and the end (table 4.136)."""

LENGTHS_11: Final = (
    "4567889aaabbcbcca54567788999aaaab8655677888999aaaa8766677888999aaaa8877778888999aaaa8"
    "877778889999aaaa898888888999aaaaa89888888999aaaaaa8a98899999aaaaaab8a9999999aaaaaabb8"
    "b999999aaaaababb8ba99a9aaaaabbbbb8baaaaaaaaaabbbbb9ba99aaaaaabbbbbb9baaaaaaaaabbbbbb9"
    "caaaaaaabbbbbbcc998888888888888895"
)
"""Spectrum Huffman codebook 11 (table 4.A.12): bits of each code, in hexadecimal, by 17 times the first value plus the second."""

CODES_11: Final = (
    "00000601903d09c0c61a73903c23df7e67f3ffb7ecffaffe38e0050010080140370420920af1911a51b539e3c03a23cd7d60ae"
    "01700700901803904008e0a30b81991ac1c13b13963be3ca09d03c01501601a03b0440910a50be1961ae1b93a13913a53d5094"
    "09a03603803a04108c09b0b00c319e1ab1bc39f38f3a93cf0930bf03e03f04304509e0a70b91941a21ba1c33a63a73bb3d409f"
    "1a008f08d0900980a60b60c419f1af1bf3993bf3b43c93e70a81b60ab0a40aa0b20c20c51981a41b838c3a43c43c63dd3e80ad"
    "3af1920bd0bc18e19719a1a31b138d3983b73d33d13db7dd0b43de1a919b19c1a11aa1ad1b338b3b23b83ce3e13e07d27e50b7"
    "7e31bb1a81a61b01b21b739b39a3ba3b53d67d73e47d87ea0ba7e83a01bd1b438a1c43923aa3b03bc3d77d47dc7db7d57f00c1"
    "7fb3c83a339539d3ac3ae3c53d83e23e67e47e77e07e97f71907f23931be1c03943973ad3c33c13d27da7d97df7eb7f47fa195"
    "7f83bd39c3ab3a83b33b93d03e33e57e27de7ed7f17f97fc193ffd3dc3b63c73cc3cb3d93da7d37e17ee7ef7f57f6ffcfff19d"
    "1c20b50a10960970950990a00a20ac0a90b10b30bb0c018f004"
)
"""Its codes, three hexadecimal digits each."""
