"""libfa.py declares what the headers declare: every function, argument by argument, structures and constants."""
import ctypes
import glob
import os
import re
import shlex
import subprocess
import tempfile
import unittest

import libfa
import tap

SCALARS = {"void": None, "size_t": ctypes.c_size_t, "double": ctypes.c_double, "bool": ctypes.c_bool,
           "unsigned": ctypes.c_uint, "int32_t": ctypes.c_int32, "uint32_t": ctypes.c_uint32,
           "uint64_t": ctypes.c_uint64}
ENUMS = {"fa_status", "fa_dtype", "fa_param_type", "fa_activation", "fa_loss", "fa_init", "fa_purpose", "fa_rule_flag",
         "fa_topology", "fa_feedback_draw", "fa_parameters", "fa_idx_type", "fa_point", "fa_stop",
         "fa_record_format", "fa_load_flag"}
HANDLES = {"fa_network", "fa_pass", "fa_feedback", "fa_optimizer", "fa_setup", "fa_step", "fa_operand", "fa_dataset",
           "fa_trainer", "fa_invariant", "fa_recorder", "void"}
STRUCTS = {"fa_matrix", "fa_param", "fa_stream", "fa_delta_report", "fa_rule", "fa_idx_info", "fa_result",
           "fa_progress", "fa_epoch_options", "fa_epoch_record", "fa_update_report", "fa_spectrum",
           "fa_norm_report", "fa_invariant_report", "fa_quantity"}


def ctype(words):
    """The ctypes type of a C type such as "const fa_matrix *"."""
    base = words.replace("const", "").replace("*", "").strip()
    stars = words.count("*")
    if base == "char" and stars == 1:
        return ctypes.c_char_p
    if base in HANDLES and stars:
        return ctypes.c_void_p if stars == 1 else ctypes.POINTER(ctypes.c_void_p)
    if base == "fa_callback":
        return libfa.fa_callback
    plain = ctypes.c_int if base in ENUMS else getattr(libfa, base) if base in STRUCTS else SCALARS[base]
    for _ in range(stars):
        plain = ctypes.POINTER(plain)
    return plain


def headers():
    """The public headers without comments and preprocessor lines."""
    text = ""
    for path in sorted(glob.glob(os.path.join(tap.INCLUDE, "fa", "*.h"))):
        with open(path, encoding="utf-8") as header:
            text += re.sub(r"/\*.*?\*/|#[^\n]*", " ", header.read(), flags=re.S)
    return text


def parameter(words):
    """The ctypes type of "size_t l", or of "const fa_matrix *", whose name was left out."""
    words = words.strip()
    return ctype(words if words.endswith("*") or " " not in words.replace("const ", "") else
                 re.sub(r"\w+\s*$", "", words))


def prototypes():
    """{name: (result, [arguments])} of every FA_API declaration."""
    declared = re.findall(r"FA_API\s+([^;()]*?)(\w+)\s*\(([^()]*)\)\s*;", headers())
    return {name: (result.strip(), [] if arguments.strip() == "void" else [*map(parameter, arguments.split(","))])
            for result, name, arguments in declared}


class Functions(unittest.TestCase):
    def test_same_names_as_the_headers(self):
        self.assertGreater(len(prototypes()), 100)
        self.assertEqual(sorted(prototypes()), sorted(libfa._FUNCTIONS))

    def test_same_arguments_and_results(self):
        for name, (result, arguments) in prototypes().items():
            with self.subTest(name):
                function = getattr(libfa.lib, name)
                self.assertEqual(list(function.argtypes), arguments)
                self.assertEqual(function.restype, ctype(result))

    def test_every_status_is_checked(self):
        for name, (result, _) in prototypes().items():
            with self.subTest(name):
                checked = getattr(libfa.lib, name).errcheck is libfa._check
                # fa_rule_fail() fails for the rule, not for its caller.
                self.assertEqual(checked, result == "fa_status" and name != "fa_rule_fail")


class Layout(unittest.TestCase):
    """What the C compiler says about sizes, offsets and enumerators."""

    CONSTANTS = {
        "FA_": ("FLOAT32", "FLOAT64", "LAYERWISE", "DIRECT", "WEIGHTS", "BIASES", "PARAM_REAL", "PARAM_INTEGER",
                "PARAM_CHOICE", "RULE_NEEDS_INCREMENT", "RULE_WRITES_GRADIENT", "RULE_LOCAL",
                "RULE_MIRRORS", "RULE_REFUSES_COUPLED_DECAY", "DRAW_NOKLAND", "DRAW_BIOTORCH", "DRAW_LAUNAY",
                "DRAW_LILLICRAP", "DRAW_FRENKEL", "DRAW_AKROUT", "DRAW_REFINETTI", "DRAW_ORTHOGONAL", "PURPOSE_RAW",
                "PURPOSE_WEIGHTS", "PURPOSE_BIAS", "PURPOSE_FEEDBACK", "PURPOSE_ORDER", "PURPOSE_RULE",
                "PURPOSE_DROPOUT", "PURPOSE_SPLIT", "PURPOSE_PRUNING", "PURPOSE_FORM", "PURPOSE_USER", "IDX_UINT8",
                "IDX_INT8", "IDX_INT16", "IDX_INT32", "IDX_FLOAT32", "IDX_FLOAT64", "AFTER_DELTAS", "AFTER_UPDATE",
                "AFTER_EPOCH", "STOP_NONE", "STOP_EPOCHS", "STOP_EARLY", "STOP_CALLBACK", "RECORD_CSV", "RECORD_JSONL",
                "LOAD_NOT_FINITE", "LOAD_EXTRA", "LOAD_CONVERT")}
    STATUSES = {"ARGUMENT": libfa.ArgumentError, "SHAPE": libfa.ShapeError, "DTYPE": libfa.DtypeError,
                "MEMORY": libfa.OutOfMemoryError, "NOT_FINITE": libfa.NotFiniteError, "STATE": libfa.StateError,
                "UNSUPPORTED": libfa.UnsupportedError, "IO": libfa.FileError, "FORMAT": libfa.FormatError,
                "RULE": libfa.RuleError}

    @staticmethod
    def questions():
        """{C expression: what Python says}"""
        asked = {f"sizeof({name})": 4 for name in ENUMS}
        for name in STRUCTS:
            struct = getattr(libfa, name)
            asked[f"sizeof({name})"] = ctypes.sizeof(struct)
            for field in struct._fields_:
                asked[f"offsetof({name}, {field[0]})"] = getattr(struct, field[0]).offset
                asked[f"sizeof((({name} *)0)->{field[0]})"] = getattr(struct, field[0]).size
        for prefix, names in Layout.CONSTANTS.items():
            asked.update({prefix + name: getattr(libfa, name) for name in names})
        for name, error in Layout.STATUSES.items():
            asked[f"FA_ERR_{name}"] = next(status for status, known in libfa._ERRORS.items() if known is error)
        return asked

    def test_sizes_offsets_and_enumerators(self):
        compiler = shlex.split(os.environ.get("LIBFA_TEST_CC", ""))
        if not compiler:
            self.skipTest("no C compiler named in LIBFA_TEST_CC")
        asked = self.questions()
        lines = "".join(f'    printf("%lld\\n", (long long)({question}));\n' for question in asked)
        with tempfile.TemporaryDirectory() as folder:
            source, program = os.path.join(folder, "layout.c"), os.path.join(folder, "layout")
            with open(source, "w", encoding="utf-8") as file:
                file.write(f"#include <fa/fa.h>\n#include <stdio.h>\nint main(void)\n{{\n{lines}    return 0;\n}}\n")
            subprocess.run([*compiler, "-I", tap.INCLUDE, source, "-o", program], check=True)
            answers = subprocess.run([program], check=True, capture_output=True, text=True).stdout.split()
        self.assertEqual(dict(zip(asked, map(int, answers))), asked)

    @staticmethod
    def body(kind, name):
        """What stands between the braces of a struct or an enum."""
        return re.search(r"typedef %s %s \{(.*?)\} %s;" % (kind, name, name), headers(), re.S).group(1)

    def test_every_type_of_the_headers_is_known(self):
        """A new enum or struct must be put into the lists above."""
        text = headers()
        self.assertEqual(set(re.findall(r"\}\s*(fa_\w+)\s*;", text)), ENUMS | STRUCTS)
        self.assertEqual(set(re.findall(r"typedef struct (fa_\w+) \1;", text)) - STRUCTS, HANDLES - {"void"})

    @staticmethod
    def field_type(member):
        """The ctypes type of "double min", "uint64_t extents[4]" or "void (*adapt)(fa_step *)"."""
        pointer = re.fullmatch(r"(.*?)\(\*\w+\)\((.*)\)", member, re.S)
        if pointer:
            return ctypes.CFUNCTYPE(ctype(pointer[1]), *map(parameter, pointer[2].split(",")))
        words, count = re.fullmatch(r"(.*?)\w+\s*(?:\[(\d+)\])?", member, re.S).groups()
        return ctype(words) * int(count) if count else ctype(words)

    def test_types_of_fields(self):
        def shape(kind):  # CFUNCTYPE makes a new class for every definition
            if issubclass(kind, ctypes._CFuncPtr):
                return kind._restype_, kind._argtypes_
            return (kind._type_, kind._length_) if issubclass(kind, ctypes.Array) else kind
        for name in STRUCTS:
            members = [member.strip() for member in self.body("struct", name).split(";")[:-1]]
            for member, (field, kind) in zip(members, getattr(libfa, name)._fields_):
                with self.subTest(f"{name}.{field}"):
                    self.assertEqual(shape(kind), shape(self.field_type(member)))

    def test_every_field_is_declared(self):
        for name in STRUCTS:
            with self.subTest(name):
                members = self.body("struct", name).split(";")[:-1]
                fields = [re.search(r"\(\*(\w+)\)|(\w+)(?:\[\d+\])?\s*$", member.strip()) for member in members]
                self.assertEqual([found.group(1) or found.group(2) for found in fields],
                                 [field[0] for field in getattr(libfa, name)._fields_])

    def test_every_enumerator_is_declared(self):
        """Those that have a name function go by their names."""
        for name in ENUMS - {"fa_status", "fa_activation", "fa_loss", "fa_init"}:
            with self.subTest(name):
                enumerators = re.findall(r"\bFA_(\w+)", re.sub(r"=[^,]*", "", self.body("enum", name)))
                self.assertGreater(len(enumerators), 1)
                self.assertLessEqual(set(enumerators), set(self.CONSTANTS["FA_"]))


if __name__ == "__main__":
    tap.main()
