"""A stranger's Python, without NumPy and without libfa.py: ctypes finds the library by its soname."""
import ctypes
import sys


class Matrix(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("rows", ctypes.c_size_t), ("cols", ctypes.c_size_t),
                ("row_stride", ctypes.c_size_t), ("col_stride", ctypes.c_size_t), ("dtype", ctypes.c_int)]


FLOAT64, TANH, IDENTITY, GLOROT_UNIFORM = 2, 2, 1, 4
fa = ctypes.CDLL("libfa.so.0")
fa.fa_last_error.restype = ctypes.c_char_p
fa.fa_rule_find.restype = ctypes.c_void_p
fa.fa_matrix_view.restype = Matrix
fa.fa_matrix_view.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int]


def check(status):
    if status != 0:
        sys.exit(fa.fa_last_error().decode())


net, handle, size = ctypes.c_void_p(), ctypes.c_void_p, ctypes.c_size_t
check(fa.fa_network_create(ctypes.byref(net), FLOAT64, size(2)))
check(fa.fa_network_add_dense(net, size(4), TANH, True))
check(fa.fa_network_add_dense(net, size(1), IDENTITY, True))
check(fa.fa_network_init_weights(net, size(0), GLOROT_UNIFORM, ctypes.c_double(1.0), ctypes.c_uint64(1)))
passes, fb, opt = handle(), handle(), handle()
check(fa.fa_pass_create(ctypes.byref(passes), net, size(3)))
check(fa.fa_optimizer_create(ctypes.byref(opt), net, b"sgd"))
check(fa.fa_feedback_create(ctypes.byref(fb), net, handle(fa.fa_rule_find(b"fa")), None, ctypes.c_uint64(2)))

inputs, targets = (ctypes.c_double * 6)(0, 1, 1, 0, 1, 1), (ctypes.c_double * 3)(1, -1, 0)
x, target = fa.fa_matrix_view(inputs, 3, 2, FLOAT64), fa.fa_matrix_view(targets, 3, 1, FLOAT64)
loss, losses = ctypes.c_double(), []
for step in range(50):
    check(fa.fa_train_step(net, passes, fb, opt, ctypes.byref(x), ctypes.byref(target), ctypes.byref(loss)))
    losses.append(loss.value)
fa.fa_optimizer_destroy(opt)
fa.fa_feedback_destroy(fb)
fa.fa_pass_destroy(passes)
fa.fa_network_destroy(net)
print(f"loss {losses[0]:g} -> {losses[-1]:g}")
sys.exit(0 if losses[-1] < losses[0] else 1)
