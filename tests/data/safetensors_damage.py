"""For make_safetensors.py: containers that are not what they should be, and tensors that the network does not have."""
import struct

from safetensors_parts import GONE, WEIGHTS, changed, compact, container, lay

BIAS = '"layers.0.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}'
FIRST = '"layers.0.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]}'
SECOND = '"layers.1.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[32,48]}'
EMPTY = '"empty":{"dtype":"F32","shape":[0],"data_offsets":[%s]}'

# The header's text with one piece replaced.
REPLACED = {
    "good_escaped_name": ('"layers.0.bias"', r'"layers.0.\u0062ia\u0073"'),
    "good_order": (BIAS + "," + FIRST, FIRST + "," + BIAS),
    "good_white_space": (",", " ,\n\t"),
    "good_metadata": ("{" + BIAS, '{"__metadata__":{"format":"pt","":""},' + BIAS),
    "good_metadata_empty": ("{" + BIAS, '{"__metadata__":{},' + BIAS),
    "good_metadata_last": (SECOND, SECOND + ',"__metadata__":{"format":"pt"}'),
    "extra_empty_first": ("{" + BIAS, "{" + EMPTY % "0,0" + "," + BIAS),
    "extra_empty_between": ("{" + BIAS, "{" + EMPTY % "32,32" + "," + BIAS),
    "extra_empty_last": ("{" + BIAS, "{" + EMPTY % "48,48" + "," + BIAS),
    "brace_space": ("{" + BIAS, " {" + BIAS),
    "brace_mark": ("{" + BIAS, "\ufeff{" + BIAS),
    "json_end": (SECOND + "}", SECOND),
    "json_after": (SECOND + "}", SECOND + "}{}"),
    "json_after_nul": (SECOND + "}", SECOND + "}\0"),
    "json_comma": (SECOND + "}", SECOND + ",}"),
    "json_comment": (SECOND + "}", SECOND + "/**/}"),
    "json_quotes": ('"F32"', "'F32'"),
    "json_not_a_number": ("[0,8]", "[NaN,8]"),
    "json_leading_zero": ("[0,8]", "[00,8]"),
    "json_plus": ("[0,8]", "[0,+8]"),
    "json_control": ("layers.0.bias", "layers.0\n.bias"),
    "json_nul": ("layers.0.bias", r"layers.0.bias\u0000"),
    "json_nul_value": ('"F32"', r'"F32\u0000"'),
    "json_escape": ("layers.0.bias", r"layers.0.bia\x73"),
    "json_surrogate": ("layers.0.bias", r"layers.0.bias\ud800"),
    "json_surrogate_low": ("layers.0.bias", r"layers.0.bias\udc00"),
    "deep_array": ("[0,8]", "[" * 8 + "0,8" + "]" * 8),
    "deep_object": ("[0,8]", '{"a":' * 8 + "0" + "}" * 8),
    "deep_far": ("[0,8]", "[" * 5000),
    "twice_tensor": ("{" + BIAS, "{" + BIAS + "," + BIAS),
    "twice_tensor_escaped": ("{" + BIAS, "{" + BIAS + "," + BIAS.replace("bias", r"bi\u0061s")),
    "twice_member": ('"dtype":"F32","shape":[2],', '"dtype":"F32","dtype":"F32","shape":[2],'),
    "twice_metadata": ("{" + BIAS, '{"__metadata__":{},"__metadata__":{},' + BIAS),
    "twice_metadata_escaped": ("{" + BIAS, r'{"__metadata__":{},"\u005f_metadata__":{},' + BIAS),
    "twice_metadata_member": ("{" + BIAS, '{"__metadata__":{"a":"1","a":"1"},' + BIAS),
    "metadata_array": ("{" + BIAS, '{"__metadata__":["a"],' + BIAS),
    "metadata_text": ("{" + BIAS, '{"__metadata__":"a",' + BIAS),
    "metadata_null": ("{" + BIAS, '{"__metadata__":null,' + BIAS),
    "metadata_number": ("{" + BIAS, '{"__metadata__":{"a":1},' + BIAS),
    "metadata_null_member": ("{" + BIAS, '{"__metadata__":{"a":null},' + BIAS),
    "metadata_object": ("{" + BIAS, '{"__metadata__":{"a":{}},' + BIAS),
    "tensor_array": (BIAS, '"layers.0.bias":[0,8]'),
    "tensor_null": (BIAS, '"layers.0.bias":null'),
    "tensor_member": ('"shape":[2],', '"shape":[2],"strides":[1],'),
    "dtype_missing": ('"dtype":"F32","shape":[2],', '"shape":[2],'),
    "dtype_number": ('"dtype":"F32","shape":[2],', '"dtype":32,"shape":[2],'),
    "dtype_unknown": ('"dtype":"F32","shape":[2],', '"dtype":"F32X","shape":[2],'),
    "dtype_lower_case": ('"dtype":"F32","shape":[2],', '"dtype":"f32","shape":[2],'),
    "dtype_empty": ('"dtype":"F32","shape":[2],', '"dtype":"","shape":[2],'),
    "shape_missing": ('"shape":[2],', ""),
    "shape_object": ('"shape":[2],', '"shape":{"0":2},'),
    "shape_number": ('"shape":[2],', '"shape":2,'),
    "shape_negative": ('"shape":[2],', '"shape":[-2],'),
    "shape_two_negative": ('"shape":[2],', '"shape":[-1,-2],'),
    "shape_real": ('"shape":[2],', '"shape":[2.0],'),
    "shape_exponent": ('"shape":[2],', '"shape":[2e0],'),
    "shape_text": ('"shape":[2],', '"shape":["2"],'),
    "shape_nested": ('"shape":[2],', '"shape":[[2]],'),
    "shape_true": ('"shape":[2],', '"shape":[2,true],'),
    "shape_2_63": ('"shape":[2],', '"shape":[9223372036854775808],'),
    "shape_2_64": ('"shape":[2],', '"shape":[18446744073709551618],'),
    "shape_product": ('"shape":[2],', '"shape":[4294967296,4294967296,2],'),
    "shape_product_wraps": ('"shape":[2],', '"shape":[4294967297,4294967296,2],'),
    "shape_product_bits": ('"shape":[2],', '"shape":[4611686018427387906],'),
    "shape_product_signed": ('"shape":[2],', '"shape":[9223372036854775807],'),
    "shape_product_zero": ('"shape":[2],', '"shape":[4294967296,4294967296,0],'),
    "shape_more": ('"shape":[2],', '"shape":[3],'),
    "shape_less": ('"shape":[2],', '"shape":[1],'),
    "shape_zero": ('"shape":[2],', '"shape":[0],'),
    "shape_scalar": ('"shape":[2],', '"shape":[],'),
    "shape_half_byte": ('"dtype":"F32","shape":[2],', '"dtype":"F4","shape":[17],'),
    "offsets_missing": (',"data_offsets":[0,8]', ""),
    "offsets_object": ("[0,8]", '{"begin":0,"end":8}'),
    "offsets_none": ("[0,8]", "[]"),
    "offsets_one": ("[0,8]", "[8]"),
    "offsets_three": ("[0,8]", "[0,8,32]"),
    "offsets_negative": ("[0,8]", "[-8,0]"),
    "offsets_real": ("[0,8]", "[0,8.0]"),
    "offsets_text": ("[0,8]", '["0","8"]'),
    "offsets_2_63": ("[32,48]", "[9223372036854775792,9223372036854775808]"),
    "offsets_reversed": ("[0,8]", "[8,0]"),
    "offsets_far": ("[32,48]", "[9223372036854775791,9223372036854775807]"),
    "offsets_overlap": ("[32,48]", "[28,44]"),
    "offsets_same": ("[32,48]", "[8,24]"),
    "offsets_inside": ("{" + BIAS, "{" + EMPTY % "12,12" + "," + BIAS),
    "offsets_hole": ("[32,48]", "[36,52]"),
    "offsets_empty_behind": ("{" + BIAS, "{" + EMPTY % "52,52" + "," + BIAS),
    "name_unknown": ("layers.0.bias", "layer.0.bias"),
    "name_case": ("layers.0.bias", "layers.0.Bias"),
    "name_long": ("layers.0.bias", "layers.0.bias" + "s" * 10000),
    "name_cut": ("layers.0.bias", "xx" + "\u20ac" * 40),
    "name_terminal": ("layers.0.bias", r"\u001b[31mred\u007f\u009b"),
    "name_empty": ("layers.0.bias", ""),
    "name_zeros": ("layers.0.bias", "layers.00.bias"),
    "name_of_checkpoint": ("{" + BIAS, "{" + EMPTY.replace("empty", "optimizer.updates") % "0,0" + "," + BIAS),
}


def files():
    header, data = lay(WEIGHTS)
    text = compact(header)
    assert text == "{" + ",".join((BIAS, FIRST, SECOND)) + "}"
    yield "good", container(text, data)
    yield "good_padded", container(text + " " * 51, data)
    for name, (old, new) in REPLACED.items():
        assert old in text, name
        behind = bytes(4) if name == "offsets_hole" else b""
        yield name, container(text.replace(old, new, -1 if name == "good_white_space" else 1), data + behind)
    shifted = text
    for old, new in (("[32,48]", "[33,49]"), ("[8,32]", "[9,33]"), ("[0,8]", "[1,9]")):
        shifted = shifted.replace(old, new)
    yield "offsets_start", container(shifted, b"\0" + data)

    yield "size_0", b""
    yield "size_7", bytes(7)
    yield "length_0", bytes(8)
    yield "length_beyond", container(text, data, len(text) + len(data) + 1)
    yield "length_2_31", container(text, data, 1 << 31)
    yield "length_2_63", container(text, data, 1 << 63)
    yield "length_2_64", container(text, data, (1 << 64) - 1)
    yield "length_short", container(text, data, len(text) - 1)
    yield "length_long", container(text, data, len(text) + 1)
    yield "length_big_endian", struct.pack(">Q", len(text)) + text.encode() + data
    yield "brace_array", container("[" + text + "]", data)
    yield "brace_zip", b"PK\3\4" + bytes(60)
    yield "none_at_all", container("{}", b"")
    yield "data_missing", container(text, data[:-1])
    yield "data_none", container(text, b"")
    yield "data_behind", container(text, data + b"\0")
    yield "data_behind_all", container("{}", data)
    for name, piece in (("latin", b"\xe9"), ("overlong", b"\xc0\xae"), ("cut", b"\xe2\x82"), ("surrogate", b"\xed\xa0\x80"),
                        ("beyond", b"\xf4\x90\x80\x80")):
        yield "utf8_" + name, container(text.encode().replace(b"0.bias", b"0.bias" + piece), data)
    yield from tensor_files()


def tensor_files():
    """Sound containers of other tensors than the network has."""
    nan, inf = float("nan"), float("inf")
    bias, weight = WEIGHTS["layers.0.bias"], WEIGHTS["layers.0.weight"]
    double = {name: ("F64", shape, values) for name, (_, shape, values) in WEIGHTS.items()}
    others = {
        "convert": double,
        "convert_mixed": changed(WEIGHTS, "layers.0.weight", double["layers.0.weight"]),
        "convert_overflow": changed(double, "layers.0.bias", ("F64", [2], [1e300, 0.0])),
        "convert_not_a_number": changed(double, "layers.0.bias", ("F64", [2], [nan, 0.0])),
        "convert_integers": changed(WEIGHTS, "layers.0.bias", ("U32", [2], [1, 2])),
        "missing_weight": changed(WEIGHTS, "layers.1.weight", GONE),
        "missing_bias": changed(WEIGHTS, "layers.0.bias", GONE),
        "extra_bias": changed(WEIGHTS, "layers.1.bias", bias),
        "extra_layer": changed(WEIGHTS, "layers.2.weight", WEIGHTS["layers.1.weight"]),
        "wrong_shape": changed(WEIGHTS, "layers.1.weight", weight),
        "wrong_shape_transposed": changed(WEIGHTS, "layers.0.weight", ("F32", [3, 2], weight[2])),
        "wrong_rank_1": changed(WEIGHTS, "layers.0.weight", ("F32", [6], weight[2])),
        "wrong_rank_2": changed(WEIGHTS, "layers.0.bias", ("F32", [1, 2], bias[2])),
        "wrong_rank_3": changed(WEIGHTS, "layers.0.weight", ("F32", [1, 2, 3], weight[2])),
        "wrong_rank_0": changed(WEIGHTS, "layers.0.bias", ("F32", [], [0.5])),
        "wrong_dtype": changed(WEIGHTS, "layers.0.bias", ("U32", [2], [1, 2])),
        "not_finite_nan": changed(WEIGHTS, "layers.0.weight", ("F32", [2, 3], [0.0, 0.0, 0.0, 0.0, 0.0, nan])),
        "not_finite_inf": changed(WEIGHTS, "layers.0.bias", ("F32", [2], [0.0, -inf])),
    }
    for name, tensors in others.items():
        header, data = lay(tensors)
        yield name, container(compact(header), data)
    header, data = lay(WEIGHTS)  # every type of the format beside ours
    for dtype, shape, size in (("BF16", [3], 6), ("I64", [1, 1], 8), ("BOOL", [], 1), ("F8_E4M3", [5], 5), ("F8_E5M2", [2], 2),
                               ("U16", [2, 0, 9], 0), ("C64", [1], 8), ("F4", [2], 1), ("F6_E2M3", [4], 3), ("F16", [1], 2),
                               ("I8", [1], 1), ("I16", [1], 2), ("I32", [1], 4), ("U8", [1, 1, 1, 1], 1)):
        header["extra." + dtype] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + size]}
        data += bytes(size)
    yield "extra_types", container(compact(header), data)
