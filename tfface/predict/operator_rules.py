"""What the kernels of LiteRT and XNNPACK take on trust, by operator, in numbers of the schema."""

BIAS = {3: 2, 4: 2, 9: 2, 67: 3}
"""Inputs that may be left out, by `BuiltinOperator`: the bias of CONV_2D, DEPTHWISE_CONV_2D,
FULLY_CONNECTED and TRANSPOSE_CONV."""

DIVISORS = {
    1: ("Conv2DOptions", ("StrideW", "StrideH", "DilationWFactor", "DilationHFactor")),
    2: ("DepthwiseConv2DOptions", ("StrideW", "StrideH", "DilationWFactor", "DilationHFactor")),
    5: ("Pool2DOptions", ("StrideW", "StrideH", "FilterWidth", "FilterHeight")),
    49: ("TransposeConvOptions", ("StrideW", "StrideH")),
    19: ("SpaceToDepthOptions", ("BlockSize",)),
    94: ("DepthToSpaceOptions", ("BlockSize",)),
}
"""Options, by `BuiltinOptions`, that kernels divide by; their largest sense is `MAX_DIVISOR`."""

MAX_DIVISOR = 4096

COUNTS = {
    35: ("SplitOptions", "NumSplits", "Outputs"),
    79: ("SplitVOptions", "NumSplits", "Outputs"),
    64: ("UnpackOptions", "Num", "Outputs"),
    59: ("PackOptions", "ValuesCount", "Inputs"),
}
"""Options that say how many inputs or outputs there are, by which kernels count."""

AXES = {
    10: ("ConcatenationOptions", ("Axis",)),
    23: ("GatherOptions", ("Axis", "BatchDims")),
    59: ("PackOptions", ("Axis",)),
    64: ("UnpackOptions", ("Axis",)),
}
"""Options that name an axis."""

UNUSED = {32: ("StridedSliceOptions", ("Offset",))}
"""Options that no converter writes for our files, and that have kernels read beyond a tensor."""

OPTIONS = {
    **{1: 5, 12: 5, 17: 5},
    **{2: 10, 3: 1, 4: 2, 5: 94, 26: 19, 36: 23, 49: 35, 67: 49, 83: 59, 88: 64, 102: 79},
}
"""The `BuiltinOptions` by `BuiltinOperator`: pools, then CONCATENATION, CONV_2D, DEPTHWISE_CONV_2D,
DEPTH_TO_SPACE, SPACE_TO_DEPTH, GATHER, SPLIT, TRANSPOSE_CONV, PACK, UNPACK and SPLIT_V. Kernels
take those of another kind, or none, for zeros."""

_INPUTS: dict[int, tuple[int, ...]] = {
    1: (1, 5, 14, 17, 19, 21, 22, 25, 26, 88),
    2: (0, 3, 4, 9, 18, 23, 34, 36, 39, 40, 41, 42, 48, 49, 54, 55, 57, 69, 70, 74, 97, 107, 126)
    + (130,),
    3: (60, 64, 65, 67, 102, 123),
    4: (45,),
    5: (120,),
    6: (121,),
}
FEWEST_INPUTS = {code: fewest for fewest, codes in _INPUTS.items() for code in codes}
"""By `BuiltinOperator`, of those that detectors consist of: XNNPACK reads inputs before it counts
them, as the four of STRIDED_SLICE (45)."""

MAX_RANK = 8
"""Of LiteRT's tensors."""
