"""Everything public has a docstring and types that mean something, in the grammar of Python 3.9."""
import ast
import inspect
import typing
import unittest

import libfa
import tap


def public_functions():
    """(name, function) of every public function and method; of classes also what a caller meets in their making."""
    for name, thing in vars(libfa).items():
        if name.startswith("_") or getattr(thing, "__module__", "") != "libfa":
            continue
        if inspect.isfunction(thing):
            yield name, thing
        elif inspect.isclass(thing):
            for base in (base for base in thing.__mro__ if base.__module__ == "libfa"):
                for method, member in vars(base).items():
                    function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
                    if inspect.isfunction(function) and not method.startswith("_"):
                        yield f"{name}.{method}", function


class Interface(unittest.TestCase):
    def test_docstrings(self):
        names = [name for name, _ in public_functions()]
        self.assertGreater(len(names), 150)
        self.assertEqual([name for name, function in public_functions() if not function.__doc__], [])
        classes = [thing for name, thing in vars(libfa).items()
                   if inspect.isclass(thing) and thing.__module__ == "libfa" and not name.startswith("_")]
        self.assertEqual([cls.__name__ for cls in classes if not vars(cls).get("__doc__")], [])

    def test_types(self):
        for name, function in public_functions():
            with self.subTest(name):
                if function.__name__ == "callback":
                    continue
                found = typing.get_type_hints(function)
                self.assertIn("return", found)
                wanted = set(inspect.signature(function).parameters) - {"self", "cls"}
                self.assertEqual(wanted - set(found), set())

    def test_types_of_constructors(self):
        for cls in (libfa.Network, libfa.Pass, libfa.Feedback, libfa.Optimizer, libfa.Dataset, libfa.Trainer,
                    libfa.Recorder, libfa.ProgressLine, libfa.Classifier, libfa.Regressor):
            found = typing.get_type_hints(cls.__init__)
            self.assertEqual(set(inspect.signature(cls).parameters) - set(found), set(), cls)

    def test_grammar(self):
        with open(libfa.__file__, encoding="utf-8") as file:
            ast.parse(file.read(), feature_version=(3, 9))


if __name__ == "__main__":
    tap.main()
