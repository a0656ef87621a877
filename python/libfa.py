"""libfa: feedback alignment and its family, from Python. One file over the C library; nothing is compiled.

    import numpy as np, libfa

    net = libfa.Network(30, "float64")
    net.add_dense(20, "tanh")
    net.add_dense(10, "identity")
    net.init_weights(0, "glorot_uniform", 1.0, seed=1)
    fb = libfa.Feedback(net, "fa", seed=2)
    opt = libfa.Optimizer(net, "sgd", learning_rate=0.1)
    pass_ = libfa.Pass(net, max_batch=75)
    loss = libfa.train_step(net, pass_, fb, opt, x, target)

Data sets, epochs and whole runs: Dataset, train_epoch(), evaluate(), Trainer.

The names are those of the headers fa/*.h, which are the manual; samples are rows, layers are counted l = 1 .. L.
Arrays cross without a copy in both directions. NumPy is optional: without it the module imports and `lib` works, but
whatever takes or returns an array raises ImportError.

The library is the file that the environment variable LIBFA_LIBRARY names, else libfa.so.0 beside the module, else the
one that was installed with it, else what the loader finds by that name. Every function of the headers is an attribute
of `lib`, with argument types; those that return a status raise FaError in its place.

SPDX-License-Identifier: MIT
"""
from __future__ import annotations

import copy
import ctypes
import functools
import gc
import inspect
import numbers
import operator
import os
import reprlib
import shutil
import signal
import struct
import sys
import tempfile
import threading
import time
import types
import warnings
import weakref
from ctypes import (CFUNCTYPE, POINTER, byref, c_bool, c_char_p, c_double, c_int, c_int32, c_size_t, c_uint, c_uint32,
                    c_uint64, c_void_p)

from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, Union

try:
    import numpy as np
except ImportError:
    np = None  # type: ignore[assignment]

# For annotations: what matrix_view() takes, and the name of a file.
Matrix = Union["np.ndarray", "fa_matrix"]
Path = Union[str, bytes, "os.PathLike[str]"]

__version__ = "0.5.0"

FLOAT32, FLOAT64 = 1, 2
LAYERWISE, DIRECT = 1, 2
WEIGHTS, BIASES = 1, 2
PARAM_REAL, PARAM_INTEGER, PARAM_CHOICE = 1, 2, 3
RULE_NEEDS_INCREMENT, RULE_WRITES_GRADIENT, RULE_LOCAL, RULE_MIRRORS, RULE_REFUSES_COUPLED_DECAY = 1, 2, 4, 8, 16
(DRAW_NOKLAND, DRAW_BIOTORCH, DRAW_LAUNAY, DRAW_LILLICRAP, DRAW_FRENKEL, DRAW_AKROUT, DRAW_REFINETTI,
 DRAW_ORTHOGONAL) = range(1, 9)
(PURPOSE_RAW, PURPOSE_WEIGHTS, PURPOSE_BIAS, PURPOSE_FEEDBACK, PURPOSE_ORDER, PURPOSE_RULE, PURPOSE_DROPOUT,
 PURPOSE_SPLIT, PURPOSE_PRUNING, PURPOSE_FORM) = range(10)
PURPOSE_USER = 0x40000000
IDX_UINT8, IDX_INT8, IDX_INT16, IDX_INT32, IDX_FLOAT32, IDX_FLOAT64 = 0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E
AFTER_DELTAS, AFTER_UPDATE, AFTER_EPOCH = 1, 2, 3
LOAD_NOT_FINITE, LOAD_EXTRA, LOAD_CONVERT = 1, 2, 4
STOP_NONE, STOP_EPOCHS, STOP_EARLY, STOP_CALLBACK = range(4)
RECORD_CSV, RECORD_JSONL = 1, 2


# --- errors --------------------------------------------------------------------------------------------------------

class FaError(Exception):
    """A call that failed: `status` (a negative number), `sentence` (what the library says about it) and `result` (the
    fa_result so far, where train_epoch() or evaluate() failed)."""
    result: Optional[fa_result] = None

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(status, sentence)
        self.status = status
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


class ArgumentError(FaError, ValueError):
    """FA_ERR_ARGUMENT"""


class ShapeError(FaError, ValueError):
    """FA_ERR_SHAPE"""


class DtypeError(FaError, TypeError):
    """FA_ERR_DTYPE"""


class OutOfMemoryError(FaError, MemoryError):
    """FA_ERR_MEMORY"""


class NotFiniteError(FaError, ArithmeticError):
    """FA_ERR_NOT_FINITE"""


class StateError(FaError, RuntimeError):
    """FA_ERR_STATE"""


class UnsupportedError(FaError, NotImplementedError):
    """FA_ERR_UNSUPPORTED"""


class FileError(FaError, OSError):
    """FA_ERR_IO. The reason is in the sentence; there is no `errno`."""
    errno = None  # type: ignore[assignment]  # OSError would take the status for it


class FormatError(FaError, ValueError):
    """FA_ERR_FORMAT"""


class RuleError(FaError, RuntimeError):
    """FA_ERR_RULE: a rule failed; what a rule written in Python raised is the `__cause__`."""


_ERRORS = {-1: ArgumentError, -2: ShapeError, -3: DtypeError, -4: OutOfMemoryError, -5: NotFiniteError,
           -6: StateError, -7: UnsupportedError, -8: FileError, -9: FormatError, -10: RuleError}


# --- structures ----------------------------------------------------------------------------------------------------

class fa_matrix(ctypes.Structure):
    """View of a matrix; matrix_view() makes one of an array. `owner` is what keeps the elements alive."""
    _fields_ = [("data", c_void_p), ("rows", c_size_t), ("cols", c_size_t), ("row_stride", c_size_t),
                ("col_stride", c_size_t), ("dtype", c_int)]
    owner = None


class fa_param(ctypes.Structure):
    """A parameter of a rule; real_param() makes one."""
    _fields_ = [("name", c_char_p), ("type", c_int), ("default_value", c_double), ("min", c_double),
                ("max", c_double), ("choices", c_char_p), ("doc", c_char_p)]


class fa_stream(ctypes.Structure):
    """Name of a stream of random numbers; stream() makes one."""
    _fields_ = [("seed", c_uint64), ("step", c_uint64), ("purpose", c_uint32), ("layer", c_uint32)]


class fa_delta_report(ctypes.Structure):
    """See compare_deltas()."""
    _fields_ = [("angle", c_double), ("angle_mean", c_double), ("angle_deviation", c_double),
                ("angle_samples", c_size_t), ("ratio", c_double)]


class fa_update_report(ctypes.Structure):
    """See compare_updates()."""
    _fields_ = [("angle", c_double), ("ratio", c_double)]


class fa_spectrum(ctypes.Structure):
    """See spectrum_of()."""
    _fields_ = [("rank", c_size_t), ("values", c_size_t), ("largest", c_double), ("smallest", c_double),
                ("condition", c_double)]


class fa_norm_report(ctypes.Structure):
    """See layer_norms()."""
    _fields_ = [("weights", c_double), ("bias", c_double), ("feedback", c_double), ("activity", c_double),
                ("delta", c_double)]


class fa_invariant_report(ctypes.Structure):
    """See fa/diagnostics.h."""
    _fields_ = [("flow", c_double), ("exact", c_double), ("scale", c_double)]


class fa_quantity(ctypes.Structure):
    """See quantities()."""
    _fields_ = [("name", c_char_p), ("unit", c_char_p), ("layers", c_char_p), ("cost", c_char_p), ("doc", c_char_p)]


class fa_idx_info(ctypes.Structure):
    """Shape of an IDX file."""
    _fields_ = [("type", c_int), ("rank", c_size_t), ("extents", c_size_t * 4)]


class fa_result(ctypes.Structure):
    """Of training or an evaluation: samples, correct, loss (a mean), accuracy (NaN without labels)."""
    _fields_ = [("samples", c_uint64), ("correct", c_uint64), ("loss", c_double), ("accuracy", c_double)]

    def __repr__(self):
        return f"<{self.samples} samples, loss {self.loss:g}, accuracy {self.accuracy:g}>"


class fa_epoch_record(ctypes.Structure):
    """Of an epoch: epoch, training and validation (fa_result), schedule."""
    _fields_ = [("epoch", c_uint64), ("training", fa_result), ("validation", fa_result), ("schedule", c_double)]

    def __repr__(self):
        return f"<epoch {self.epoch}: training {self.training}, validation {self.validation}>"


class fa_progress(ctypes.Structure):
    """What C tells a callback; in Python it is a Progress."""
    _fields_ = [("struct_size", c_size_t), ("point", c_int), ("epoch", c_uint64), ("batch", c_uint64),
                ("batches", c_uint64), ("training", fa_result), ("validation", fa_result), ("net", c_void_p),
                ("pass", c_void_p), ("fb", c_void_p), ("opt", c_void_p)]


fa_callback = CFUNCTYPE(c_bool, c_void_p, POINTER(fa_progress))


class fa_epoch_options(ctypes.Structure):
    """See train_epoch()."""
    _fields_ = [("struct_size", c_size_t), ("batch", c_size_t), ("shuffle", c_bool), ("drop_last", c_bool),
                ("seed", c_uint64), ("epoch", c_uint64), ("point", c_int), ("every", c_uint64),
                ("callback", fa_callback), ("user_data", c_void_p)]


_setup_callback = CFUNCTYPE(c_int, c_void_p)
_backward_callback = CFUNCTYPE(c_int, c_void_p)
_local_callback = CFUNCTYPE(c_int, c_void_p, c_size_t)
_adapt_callback = CFUNCTYPE(None, c_void_p)
_init_callback = CFUNCTYPE(c_int, c_void_p, c_void_p)
_fini_callback = CFUNCTYPE(None, c_void_p)
_save_callback = CFUNCTYPE(c_size_t, c_void_p, c_void_p, c_size_t)
_load_callback = CFUNCTYPE(c_int, c_void_p, c_void_p, c_size_t)


class fa_rule(ctypes.Structure):
    """A rule as C sees it; in Python it is a Rule."""
    _fields_ = [("struct_size", c_size_t), ("name", c_char_p), ("summary", c_char_p), ("flags", c_uint32),
                ("params", POINTER(fa_param)), ("n_params", c_size_t), ("setup", _setup_callback),
                ("backward", _backward_callback), ("local", _local_callback), ("adapt", _adapt_callback),
                ("state_size", c_size_t), ("init", _init_callback), ("fini", _fini_callback),
                ("learning_rate", c_double), ("source", c_char_p), ("save", _save_callback), ("load", _load_callback)]


# --- functions -----------------------------------------------------------------------------------------------------

_status = object()  # in the place of a result: int in C, FaError in Python
_h = c_void_p       # any handle, and any pointer that is only handed on
_p = POINTER(c_void_p)
_m = POINTER(fa_matrix)
_n = c_size_t
_d = c_double
_dp = POINTER(c_double)
_ip = POINTER(c_int)
_sizes = POINTER(c_size_t)
_labels = POINTER(c_int32)
_s = c_char_p
_u64 = c_uint64

_FUNCTIONS = {  # name: (result, arguments...)
    # base.h
    "fa_status_string": (_s, c_int),
    "fa_last_error": (_s,),
    "fa_version": (_s,),
    "fa_build_info": (_s,),
    "fa_dtype_name": (_s, c_int),
    "fa_dtype_size": (_n, c_int),
    "fa_matrix_view": (fa_matrix, _h, _n, _n, c_int),
    "fa_matrix_transpose": (fa_matrix, fa_matrix),
    "fa_matrix_rows": (_status, _m, _n, _n, _m),
    "fa_matrix_alloc": (_status, _m, _n, _n, c_int),
    "fa_matrix_free": (None, _m),
    "fa_matrix_copy": (_status, _m, _m),
    # random.h
    "fa_random_words": (_status, POINTER(fa_stream), _u64, _n, POINTER(c_uint64)),
    "fa_random_uniform": (_status, POINTER(fa_stream), _d, _d, _m),
    "fa_random_normal": (_status, POINTER(fa_stream), _d, _d, _m),
    "fa_random_permutation": (_status, POINTER(fa_stream), _n, _sizes),
    # network.h
    "fa_network_create": (_status, _p, c_int, _n),
    "fa_network_destroy": (None, _h),
    "fa_network_copy": (_status, _p, _h),
    "fa_network_add_dense": (_status, _h, _n, c_int, c_bool),
    "fa_network_set_loss": (_status, _h, c_int),
    "fa_network_loss": (c_int, _h),
    "fa_network_depth": (_n, _h),
    "fa_network_width": (_n, _h, _n),
    "fa_network_activation": (c_int, _h, _n),
    "fa_network_has_bias": (c_bool, _h, _n),
    "fa_network_dtype": (c_int, _h),
    "fa_network_parameter_count": (_n, _h),
    "fa_network_bytes": (_n, _h),
    "fa_network_init_weights": (_status, _h, _n, c_int, _d, _u64),
    "fa_network_init_bias": (_status, _h, _n, c_int, _d, _u64),
    "fa_network_set_weights": (_status, _h, _n, _m),
    "fa_network_set_bias": (_status, _h, _n, _m),
    "fa_network_weights": (_status, _h, _n, _m),
    "fa_network_bias": (_status, _h, _n, _m),
    "fa_network_set_frozen": (_status, _h, _n, c_bool),
    "fa_network_is_frozen": (c_bool, _h, _n),
    "fa_network_set_dropout": (_status, _h, _n, _d),
    "fa_network_dropout": (_d, _h, _n),
    "fa_network_prune": (_status, _h, _n, _d, _u64),
    "fa_network_is_pruned": (c_bool, _h, _n),
    "fa_network_hold_norm": (_status, _h, _n, c_bool),
    "fa_network_held_norm": (_d, _h, _n),
    "fa_network_predict": (_status, _h, _m, _m),
    "fa_network_activity": (_status, _h, _m, _n, _m),
    "fa_network_evaluate": (_status, _h, _m, _m, _dp),
    "fa_activation_name": (_s, c_int),
    "fa_activation_find": (_status, _s, _ip),
    "fa_loss_name": (_s, c_int),
    "fa_loss_find": (_status, _s, _ip),
    "fa_init_name": (_s, c_int),
    "fa_init_find": (_status, _s, _ip),
    # pass.h
    "fa_pass_create": (_status, _p, _h, _n),
    "fa_pass_create_streaming": (_status, _p, _h, _n),
    "fa_pass_is_streaming": (c_bool, _h),
    "fa_pass_destroy": (None, _h),
    "fa_pass_bytes": (_status, _h, _n, _sizes),
    "fa_pass_streaming_bytes": (_status, _h, _n, _sizes),
    "fa_pass_max_batch": (_n, _h),
    "fa_pass_batch": (_n, _h),
    "fa_pass_activity": (_status, _h, _n, _m),
    "fa_pass_delta": (_status, _h, _n, _m),
    "fa_pass_gradient": (_status, _h, _n, _m),
    "fa_pass_bias_gradient": (_status, _h, _n, _m),
    "fa_pass_gradient_samples": (_n, _h),
    "fa_pass_set_threads": (_status, _h, _n),
    "fa_pass_threads": (_n, _h),
    "fa_pass_set_dropout": (_status, _h, _u64, _u64),
    # rule.h
    "fa_rule_count": (_n,),
    "fa_rule_at": (POINTER(fa_rule), _n),
    "fa_rule_find": (POINTER(fa_rule), _s),
    "fa_setup_depth": (_n, _h),
    "fa_setup_width": (_n, _h, _n),
    "fa_setup_user_data": (_h, _h),
    "fa_setup_feedback": (_status, _h, c_int),
    "fa_setup_array": (_status, _h, _s, _n, _n, _n, c_int, _d),
    "fa_setup_slots": (_status, _h, _n),
    "fa_step_depth": (_n, _h),
    "fa_step_width": (_n, _h, _n),
    "fa_step_batch": (_n, _h),
    "fa_step_dtype": (c_int, _h),
    "fa_step_number": (_u64, _h),
    "fa_step_user_data": (_h, _h),
    "fa_step_state": (_h, _h),
    "fa_step_param": (_status, _h, _s, _dp),
    "fa_step_activity": (_status, _h, _n, _n, _m),
    "fa_step_target": (_status, _h, _m),
    "fa_step_delta": (_status, _h, _n, _m),
    "fa_step_weights": (_status, _h, _n, _m),
    "fa_step_bias": (_status, _h, _n, _m),
    "fa_step_array": (_status, _h, _s, _n, _m),
    "fa_step_transport": (_status, _h, _n),
    "fa_step_inject": (_status, _h, _n),
    "fa_step_weights_operand": (_h, _h, _n),
    "fa_step_array_operand": (_h, _h, _s, _n),
    "fa_step_transport_with": (_status, _h, _n, _h),
    "fa_step_inject_with": (_status, _h, _n, _h),
    "fa_step_apply_slope": (_status, _h, _n),
    "fa_step_forward": (_status, _h, _n, _m, _n),
    "fa_step_loss": (_status, _h, _n, _dp),
    "fa_step_uniform": (_status, _h, c_uint32, _n, _d, _d, _m),
    "fa_step_normal": (_status, _h, c_uint32, _n, _d, _d, _m),
    "fa_step_set_presynaptic": (_status, _h, _n, _m),
    "fa_step_gradient": (_status, _h, _n, _m, _m),
    "fa_step_increment": (_status, _h, _n, _m, _m),
    "fa_rule_fail": (c_int, _s),
    "fa_setup_feedback_layer": (_status, _h, c_int, _n, c_int),
    "fa_setup_param": (_status, _h, _s, _dp),
    "fa_setup_derived_feedback": (_status, _h, c_int),
    "fa_setup_increments": (_status, _h, _n),
    "fa_setup_scratch": (_status, _h, _s, _n, _n, _n),
    "fa_step_inject_signal": (_status, _h, _n, _d, _m),
    "fa_step_carry": (_status, _h, _n),
    "fa_step_transport_through": (_status, _h, _n, _m, _m),
    "fa_step_apply_mask": (_status, _h, _n),
    "fa_step_error": (_status, _h, _n, _m),
    "fa_step_layer": (_status, _h, _n, _m, _n, _n),
    "fa_step_numbers": (_dp, _h, _n),
    "fa_step_set_postsynaptic": (_status, _h, _n, _m),
    "fa_step_learning_rate": (_d, _h),
    "fa_step_shrink_weights": (_status, _h, _n, _d),
    "fa_step_product": (_status, _h, _d, _m, _m, _d, _m),
    "fa_step_combine": (_status, _h, _d, _m, _d, _m),
    "fa_step_sign": (_status, _h, _d, _m, _m, _m),
    "fa_step_pseudo_inverse": (_status, _h, _m, _m),
    "fa_step_scale_rows": (_status, _h, _dp, _m, _m),
    "fa_step_add_row": (_status, _h, _m, _m),
    # feedback.h
    "fa_feedback_create": (_status, _p, _h, POINTER(fa_rule), _h, _u64),
    "fa_feedback_destroy": (None, _h),
    "fa_feedback_rule_name": (_s, _h),
    "fa_feedback_bytes": (_n, _h),
    "fa_feedback_set_param": (_status, _h, _s, _d),
    "fa_feedback_set_choice": (_status, _h, _s, _s),
    "fa_feedback_param": (_status, _h, _s, _dp),
    "fa_feedback_params": (POINTER(fa_param), _sizes),
    "fa_feedback_redraws": (c_bool, _h, _s),
    "fa_feedback_shape": (_status, _h, _s, _n, _sizes, _sizes),
    "fa_feedback_dense": (_status, _h, _n, _m),
    "fa_feedback_set": (_status, _h, _s, _n, _m),
    "fa_feedback_get": (_status, _h, _s, _n, _m),
    "fa_feedback_init": (_status, _h, _s, _n, c_int, _d, _u64),
    "fa_feedback_use_weights": (_status, _h, _n, c_bool),
    "fa_feedback_uses_weights": (c_bool, _h, _n),
    "fa_feedback_adapt": (_status, _h, _h, _h, _u64),
    # optimizer.h
    "fa_optimizer_create": (_status, _p, _h, _s),
    "fa_optimizer_destroy": (None, _h),
    "fa_optimizer_count": (_n,),
    "fa_optimizer_name_at": (_s, _n),
    "fa_optimizer_params": (POINTER(fa_param), _s, _sizes),
    "fa_optimizer_set": (_status, _h, _s, _d),
    "fa_optimizer_set_choice": (_status, _h, _s, _s),
    "fa_optimizer_get": (_status, _h, _s, _dp),
    "fa_optimizer_set_rate_factor": (_status, _h, _n, c_uint, _d),
    "fa_optimizer_set_schedule": (_status, _h, _d),
    "fa_optimizer_steps": (_u64, _h),
    # data.h
    "fa_idx_read": (_status, _s, c_int, _m, POINTER(fa_idx_info)),
    "fa_idx_read_images": (_status, _s, c_int, _m),
    "fa_idx_read_labels": (_status, _s, POINTER(_labels), _sizes),
    "fa_labels_free": (None, _labels),
    "fa_npy_read_samples": (_status, _s, c_int, _m),
    "fa_npy_read_labels": (_status, _s, POINTER(_labels), _sizes),
    "fa_one_hot": (_status, _labels, _n, _m),
    "fa_dataset_create": (_status, _p, _m, _m),
    "fa_dataset_create_labelled": (_status, _p, _m, _labels, _n),
    "fa_dataset_read": (_status, _p, _s, _s, c_int, _n),
    "fa_dataset_destroy": (None, _h),
    "fa_dataset_size": (_n, _h),
    "fa_dataset_n_inputs": (_n, _h),
    "fa_dataset_n_outputs": (_n, _h),
    "fa_dataset_has_labels": (c_bool, _h),
    "fa_dataset_dtype": (c_int, _h),
    "fa_dataset_rows": (_status, _p, _h, _n, _n),
    "fa_dataset_split": (_status, _h, _u64, _n, _sizes, _p),
    "fa_dataset_copy": (_status, _p, _h),
    "fa_dataset_view": (_status, _h, _n, _n, _m, _m),
    "fa_dataset_gather": (_status, _h, _sizes, _n, _m, _m),
    "fa_dataset_labels": (_status, _h, _n, _n, _labels),
    "fa_dataset_moments": (_status, _h, _m, _m),
    "fa_dataset_standardize": (_status, _h, _m, _m),
    # train.h
    "fa_forward": (_status, _h, _h, _m),
    "fa_error": (_status, _h, _h, _m, _dp),
    "fa_backward": (_status, _h, _h, _h),
    "fa_gradient": (_status, _h, _h, _h),
    "fa_gradient_reset": (None, _h),
    "fa_update": (_status, _h, _h, _h, _h),
    "fa_train_step": (_status, _h, _h, _h, _h, _m, _m, _dp),
    "fa_train_epoch": (_status, _h, _h, _h, _h, _h, POINTER(fa_epoch_options), POINTER(fa_result)),
    "fa_evaluate": (_status, _h, _h, POINTER(fa_result), POINTER(c_uint64)),
    # trainer.h
    "fa_trainer_create": (_status, _p, _h, _u64),
    "fa_trainer_destroy": (None, _h),
    "fa_trainer_params": (POINTER(fa_param), _sizes),
    "fa_trainer_set": (_status, _h, _s, _d),
    "fa_trainer_set_choice": (_status, _h, _s, _s),
    "fa_trainer_get": (_status, _h, _s, _dp),
    "fa_trainer_freeze": (_status, _h, _n, _u64, _u64),
    "fa_trainer_set_callback": (_status, _h, c_int, _u64, fa_callback, _h),
    "fa_trainer_run": (_status, _h, _h, _h, _h, _h, _h, _h),
    "fa_trainer_stop": (c_int, _h),
    "fa_trainer_epochs": (_u64, _h),
    "fa_trainer_record": (_status, _h, _u64, POINTER(fa_epoch_record)),
    "fa_trainer_best": (_u64, _h),
    # diagnostics.h
    "fa_angle": (_status, _m, _m, _dp),
    "fa_compare_deltas": (_status, _h, _h, POINTER(fa_delta_report)),
    "fa_weight_angle": (_status, _h, _h, _n, _dp),
    "fa_compare_pseudo_deltas": (_status, _h, _h, POINTER(fa_delta_report)),
    "fa_compare_updates": (_status, _h, _h, POINTER(fa_update_report)),
    "fa_alignment_angle": (_status, _h, _h, _n, _dp),
    "fa_alignment_matrix": (_status, _h, _h, _n, _m),
    "fa_spectrum_of": (_status, _m, POINTER(fa_spectrum)),
    "fa_layer_norms": (_status, _h, _h, _h, POINTER(fa_norm_report)),
    "fa_saturation": (_status, _h, _h, _d, _dp),
    "fa_invariant_create": (_status, _p, _h, _h, _n),
    "fa_invariant_destroy": (None, _h),
    "fa_invariant_observe": (_status, _h, _h, _h, _h, _h),
    "fa_invariant_drift": (_status, _h, _h, _h, POINTER(fa_invariant_report)),
    "fa_gradient_check": (_status, _h, _m, _m, _d, _dp),
    # recorder.h
    "fa_quantity_count": (_n,),
    "fa_quantity_at": (POINTER(fa_quantity), _n),
    "fa_recorder_create": (_status, _p, _h, _s, _u64),
    "fa_recorder_destroy": (None, _h),
    "fa_recorder_set_threshold": (_status, _h, _d),
    "fa_recorder_open": (_status, _h, _s, c_int),
    "fa_recorder_close": (_status, _h),
    "fa_recorder_observe": (_status, _h, _h, _h, _h, _u64, _u64),
    "fa_recorder_callback": (c_bool, _h, POINTER(fa_progress)),
    "fa_recorder_status": (_status, _h),
    "fa_recorder_count": (_u64, _h),
    "fa_recorder_value": (_status, _h, _s, _n, _dp),
    # io.h
    "fa_npy_read": (_status, _s, _m),
    "fa_npy_write": (_status, _s, _m),
    "fa_network_save": (_status, _h, _s),
    "fa_network_load": (_status, _h, _s, c_uint32),
    "fa_network_open": (_status, _p, _s, c_uint32),
    "fa_checkpoint_save": (_status, _s, _h, _h, _h, _h, _h),
    "fa_checkpoint_load": (_status, _s, _h, _h, _h, _h, _h, c_uint32),
}


def _failure(status):
    sentence = lib.fa_last_error().decode("utf-8", "replace")
    return _ERRORS.get(status, FaError)(status, sentence or lib.fa_status_string(status).decode())


def _check(status, _function, _arguments):
    if status:
        raise _failure(status)


_SONAME = "libfa.0.dylib" if sys.platform == "darwin" else "libfa.so.0"
_LIBDIR = "@LIBFA_LIBDIR@"  # in an installed copy: the library's directory, seen from the module


def _find():
    """What to load: the file that LIBFA_LIBRARY names, else one beside the module, else the one that was installed with
    the module, else whatever the loader finds for the soname."""
    named = os.environ.get("LIBFA_LIBRARY")
    if named:
        return named
    here = os.path.dirname(os.path.abspath(__file__))
    places = [here] if _LIBDIR.startswith("@") else [here, os.path.normpath(os.path.join(here, _LIBDIR))]
    files = (os.path.join(place, _SONAME) for place in places)
    # Never by a name such as libfa.so or "fa", which may be another project's: Augeas has one.
    return next((file for file in files if os.path.exists(file)), _SONAME)


class _DlInfo(ctypes.Structure):
    _fields_ = [("file", c_char_p), ("base", c_void_p), ("symbol", c_char_p), ("address", c_void_p)]


def _file_of(library, name):
    """The file that a function of the library comes from; `name` where the system cannot tell."""
    try:
        dladdr = ctypes.CDLL(None).dladdr
    except (AttributeError, OSError, TypeError):
        return name
    dladdr.argtypes = (c_void_p, POINTER(_DlInfo))
    info = _DlInfo()
    found = dladdr(ctypes.cast(library.fa_version, c_void_p), byref(info)) and info.file
    return os.fsdecode(found) if found else name


def _compatible(module, library):
    """Before 1.0 a minor version may change the interface; from 1.0 on it only adds to it."""
    (major, minor), (other_major, other_minor) = ([int(part) for part in version.split(".")[:2]]
                                                  for version in (module, library))
    return major == other_major and (minor <= other_minor if major else minor == other_minor)


def _load():
    """The library, with its version and all its functions checked."""
    name = _find()
    try:
        library = ctypes.CDLL(name)
    except OSError as error:
        raise ImportError(f"cannot load the libfa library: {error}. Install it where the loader looks, or name its "
                          "file in LIBFA_LIBRARY.") from error
    if not hasattr(library, "fa_version"):
        raise ImportError(f"{name} is another library of that name: it has no function fa_version. Name the right file "
                          "in LIBFA_LIBRARY.")
    library.fa_version.restype = c_char_p
    found, file = library.fa_version().decode(), _file_of(library, name)
    if not _compatible(__version__, found):
        raise ImportError(f"the module {os.path.abspath(__file__)} is of libfa {__version__}, the library {file} of "
                          f"libfa {found}. Install both from one version, or name the right file in LIBFA_LIBRARY.")
    for function_name, (result, *arguments) in _FUNCTIONS.items():
        try:
            function = getattr(library, function_name)
        except AttributeError:
            raise ImportError(f"the library {file} says that it is libfa {found}, but has no function {function_name}. "
                              "Name the right file in LIBFA_LIBRARY.") from None
        function.argtypes = arguments
        function.restype = c_int if result is _status else result
        if result is _status:
            function.errcheck = _check
    return library


lib = _load()


def version() -> str:
    """Version of the library that is loaded; that of the module is __version__."""
    return lib.fa_version().decode()


def loaded_from() -> str:
    """File of the library that is loaded."""
    return _file_of(lib, lib._name)


def build_info() -> str:
    """One line about the library that is loaded: version, BLAS, CPU level."""
    return lib.fa_build_info().decode("utf-8", "replace")


# --- arrays --------------------------------------------------------------------------------------------------------

_ndarray = None if np is None else np.ndarray
_ELEMENT = {FLOAT32: ("float32", 4, "=f4"), FLOAT64: ("float64", 8, "=f8")}
_DTYPES: Dict[Any, int] = {name: number for number, (name, _, _) in _ELEMENT.items()}
if np is not None:
    _ELEMENT = {number: (name, size, np.dtype(name).str) for number, (name, size, _) in _ELEMENT.items()}
    _DTYPES.update({np.dtype(name): number for name, number in list(_DTYPES.items())})


def _numpy():
    if np is None:
        raise ImportError("this call of libfa needs NumPy (Debian: python3-numpy)")
    return np


def _dtype(dtype):
    """FLOAT32 or FLOAT64 of a name, a NumPy dtype or type, or the number itself."""
    try:
        found = dtype if isinstance(dtype, int) and dtype in _ELEMENT else _DTYPES.get(
            dtype if isinstance(dtype, str) or dtype is None or np is None else np.dtype(dtype))
    except TypeError:  # NumPy's, or not hashable
        found = None
    if found is None:
        raise TypeError(f"dtype is {_words(dtype)}; libfa has float32 and float64")
    return int(found)


def matrix_view(array: Matrix, writable: bool = False) -> fa_matrix:
    """The fa_matrix of a NumPy array, without a copy; an fa_matrix is returned as it is.

    The array is float32 or float64 in native byte order, in C or Fortran order, a range of rows or columns of such a
    one, or its transpose; one dimension counts as a row. Prepare views once where the same arrays are used in every
    step. The view keeps the array alive.
    """
    return _matrix(array, "array", writable)


def _matrix(array, name, writable=False):
    """matrix_view() of an argument with that name."""
    if isinstance(array, fa_matrix):
        return array
    numpy = _numpy()
    dtype = _DTYPES.get(getattr(array, "dtype", None)) if isinstance(array, numpy.ndarray) else None
    if dtype is None or isinstance(array, numpy.ma.MaskedArray):
        raise TypeError(_no_matrix(array, name, writable))
    if not 1 <= array.ndim <= 2:
        raise ValueError(f"{name} has {array.ndim} dimensions; libfa takes 2, or 1 as a row")
    if writable and not array.flags.writeable:
        raise ValueError(f"{name} is read only and cannot take a result")
    address, strides = array.__array_interface__["data"][0], array.strides
    rows, cols = array.shape if array.ndim == 2 else (1, array.shape[0])
    row_stride, col_stride = _element_strides(rows, cols, strides if array.ndim == 2 else (0, strides[0]),
                                              array.itemsize)
    if address % array.itemsize or row_stride is None:
        raise ValueError(f"strides {array.strides} or alignment of {name} do not fit: along one dimension elements "
                         f"must lie side by side, and nothing may run backward; np.ascontiguousarray({name}) makes a "
                         "copy that fits")
    matrix = fa_matrix(address, rows, cols, row_stride, col_stride, dtype)
    matrix.owner = array
    return matrix


def _no_matrix(array, name, writable):
    """Why matrix_view() does not take it, and what helps."""
    numpy = _numpy()
    if isinstance(array, numpy.ma.MaskedArray):
        return f"{name} is a masked array, and libfa knows no masks: {name}.filled(value) puts a number in their place"
    dtype, wanted = getattr(array, "dtype", None), "a NumPy array of float32 or float64 in native byte order is wanted"
    if writable:
        return f"{name} is {_words(array)}; {wanted}, to take a result"
    if isinstance(dtype, numpy.dtype) and dtype.kind in "biu" and name == "target":
        return (f"{name} is {_words(array)}; {wanted}. Labels become one by libfa.one_hot(target, n_classes), or by a "
                f'Dataset; other numbers by np.asarray({name}, dtype="float32")')
    if isinstance(dtype, numpy.dtype) and dtype.kind in "SUOMmV":
        return f"{name} is {_words(array)}; {wanted}"
    return f'{name} is {_words(array)}; {wanted}: np.asarray({name}, dtype="float32"), or "float64"'


_pack = struct.Struct("PNNNNi").pack_into  # the fields of fa_matrix
_no_bytes = (ctypes.c_char * 0).from_buffer


class _Interface(ctypes.Structure):
    """PyArrayInterface, which NumPy's __array_struct__ gives."""
    _fields_ = [("two", c_int), ("nd", c_int), ("kind", ctypes.c_char), ("itemsize", c_int), ("flags", c_int),
                ("shape", c_void_p), ("strides", c_void_p), ("data", c_void_p), ("descr", c_void_p)]


# A function of its own: what others set on pythonapi's would hold here too.
_interface = ctypes.PYFUNCTYPE(POINTER(_Interface), ctypes.py_object, c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi))


class _Place:
    """An fa_matrix that is filled anew in every step: what matrix_view() does, faster where the array is plain."""
    __slots__ = ("matrix", "bytes")

    def __init__(self):
        self.matrix = fa_matrix()
        self.bytes = memoryview(self.matrix).cast("B")

    def take(self, array):
        """An fa_matrix of the array, valid until the next call; the caller keeps the array. Nothing is remembered of an
        array: its memory may have moved since."""
        dtype = _DTYPES.get(array.dtype) if type(array) is _ndarray and array.ndim == 2 else None
        if dtype is None:
            return matrix_view(array)
        flags = array.flags
        if flags.carray:  # row by row, aligned, writable
            address = ctypes.addressof(_no_bytes(array))
        elif flags.c_contiguous and flags.aligned:  # read only
            capsule = array.__array_struct__  # owns what is pointed at
            address = _interface(capsule, None).contents.data
        else:
            return matrix_view(array)
        rows, cols = array.shape
        _pack(self.bytes, 0, address, rows, cols, cols or 1, 1, dtype)
        return self.matrix


def _element_strides(rows, cols, strides, size):
    """(row_stride, col_stride) in elements; None in the place of the first where fa_matrix has no such view."""
    row_stride, col_stride = strides[0] // size, strides[1] // size
    if rows <= 1 and cols <= 1 or rows == 0 or cols == 0:
        return max(cols, 1), 1
    # A stride along an extent of 1 means nothing: give it the value that suits the other one.
    if rows == 1:
        row_stride = cols if col_stride == 1 else 1
    elif cols == 1:
        col_stride = rows if row_stride == 1 else 1
    fits = (col_stride == 1 and row_stride >= cols) or (row_stride == 1 and col_stride >= rows)
    exact = (rows == 1 or strides[0] % size == 0) and (cols == 1 or strides[1] % size == 0)
    return (row_stride if fits and exact else None), col_stride


class _Memory:
    """Elements of the library as NumPy sees them; becomes the `base` of an array and so keeps the owner alive."""
    __slots__ = ("__array_interface__", "_owner")

    def __init__(self, matrix, owner, writable):
        _, size, typestr = _ELEMENT[matrix.dtype]
        self._owner = owner
        self.__array_interface__ = {
            "version": 3, "typestr": typestr, "shape": (matrix.rows, matrix.cols),
            "strides": (matrix.row_stride * size, matrix.col_stride * size), "data": (matrix.data, not writable)}


def _array(matrix, owner, writable):
    """Elements of the library as an array; None where there are none."""
    return _numpy().asarray(_Memory(matrix, owner, writable)) if matrix.data else None


def _view(owner, writable, function, *arguments):
    """Call a function whose last argument is the view that it gives; that view as an array."""
    matrix = fa_matrix()
    function(*arguments, byref(matrix))
    return _array(matrix, owner, writable)


def _two_views(owner, writable, function, *arguments):
    """The same where the last two arguments are views."""
    one, other = fa_matrix(), fa_matrix()
    function(*arguments, byref(one), byref(other))
    return _array(one, owner, writable), _array(other, owner, writable)


def _real(function, *arguments):
    """Call a function whose last argument is the double that it gives."""
    value = c_double()
    function(*arguments, byref(value))
    return value.value


# --- arguments -----------------------------------------------------------------------------------------------------

def _words(value):
    """An argument in a few words, for a sentence about it."""
    if value is None or isinstance(value, (numbers.Number, str, bytes)):
        return reprlib.repr(value)
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if np is not None and isinstance(value, np.ndarray):
        return f"an array of {value.dtype} [{' x '.join(map(str, value.shape))}]"
    return f"of type {type(value).__name__}"


def _unsigned(value, name, bits=64):
    """A whole number; ctypes would wrap one that does not fit."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is {_words(value)}; a whole number is wanted") from None
    if not 0 <= number < 1 << bits:
        raise ValueError(f"{name} is {_words(number)}; it must be 0 .. 2**{bits} - 1")
    return number


def _real_number(value, name):
    try:
        if not isinstance(value, (str, bytes, bytearray)):
            return float(value)
    except (TypeError, ValueError):
        pass
    except OverflowError:
        raise ValueError(f"{name} is {_words(value)}, too large for a double") from None
    raise TypeError(f"{name} is {_words(value)}; a number is wanted")


def _truth(value, name):
    try:
        return bool(value)
    except ValueError:
        raise TypeError(f"{name} is {_words(value)}; True or False is wanted") from None


def _text(value, name):
    if not isinstance(value, str):
        raise TypeError(f"{name} is {_words(value)}; a string is wanted")
    if "\0" in value:
        raise ValueError(f"{name} holds a null character")
    return value.encode()


def _number(find, value, name):
    """Number of an enumerator given by its name, or the number itself."""
    if not isinstance(value, str):
        if value is None or not hasattr(type(value), "__index__"):
            raise TypeError(f"{name} is {_words(value)}; its name is wanted, a string")
        return _unsigned(value, name, 31)
    number = c_int()
    find(_text(value, name), byref(number))
    return number.value


def _called(value, name):
    """A function to call, or None."""
    if value is not None and not callable(value):
        raise TypeError(f"{name} is {_words(value)}; a function is wanted")
    return value


def _param_call(set_number, set_choice, pointer, name, value):
    """Function and arguments that set a parameter, which is a number or one of several names."""
    if isinstance(value, str):
        return set_choice, pointer, _text(name, "name"), _text(value, name)
    return set_number, pointer, _text(name, "name"), _real_number(value, name)


def _given(**things):
    """Those that are not None."""
    return {name: thing for name, thing in things.items() if thing is not None}


def _expect(**things):
    """Arguments by their names, which say what they have to be. C could not tell, and would read what is not there."""
    for name, thing in things.items():
        wanted = _KINDS[name]
        if not isinstance(thing, wanted):
            article = "an" if wanted in (Optimizer, fa_stream) else "a"
            raise TypeError(f"{name} is {_words(thing)}; {article} {wanted.__name__} is wanted")



# --- handles -------------------------------------------------------------------------------------------------------

class _Handle:
    """Owns one object of the library; lives as long as the Python object or any view of its arrays. What the object
    has borrowed lives as long too."""
    __slots__ = ("pointer", "borrowed", "__weakref__")

    def __init__(self, pointer, destroy, borrowed=()):
        self.pointer = pointer
        self.borrowed = borrowed
        # When the interpreter ends the memory goes with the process: a thread may still train, a view still be read.
        weakref.finalize(self, destroy, pointer).atexit = False


class _Address(int):
    """What C is given of a handle, and keeps it: a call in another thread ends before close() releases anything."""
    handle: _Handle


class _Views:
    """What all views of an object's arrays hold on to: there are views while it lives."""
    __slots__ = ("handle", "__weakref__")

    def __init__(self, handle):
        self.handle = handle


def _nothing():
    return None


class _Closed:
    """What stands for the pointer of an object that has none, no longer or not yet."""
    def __get__(self, thing, cls):
        if thing is None:
            return self
        raise ArgumentError(-1, f"the {cls.__name__.lower()} is closed")


class _Object:
    """Common to all handles: a context manager, closed at its end."""
    _handle: Any = None
    _pointer: Any = _Closed()  # the object's own attribute comes before it
    _own_name = "_pointer"     # its second name, which no other class has: train_step() knows objects by theirs
    _viewed = staticmethod(_nothing)  # a weak reference to the _Views, where there are any

    def _own(self, destroy, create, *arguments, borrowed=()):
        out = c_void_p()
        create(byref(out), *arguments)
        self._take(out.value, destroy, borrowed)

    def _take(self, pointer, destroy, borrowed=()):
        self._handle = _Handle(pointer, destroy, borrowed)
        self._pointer = address = _Address(pointer)
        address.handle = self._handle
        setattr(self, self._own_name, address)

    def _release(self):
        self._handle = None
        for name in ("_pointer", self._own_name):
            self.__dict__.pop(name, None)

    def _views(self):
        """The owner of a new view."""
        views = self._viewed()
        if views is None:
            views = _Views(self._handle)
            self._viewed = weakref.ref(views)
        return views

    def _has_views(self):
        if self._viewed() is not None:
            gc.collect()  # it may hang in a cycle that nobody needs
        return self._viewed() is not None

    def close(self) -> None:
        """Release the memory; StateError while there are views of it. May be called again."""
        if self._has_views():
            raise StateError(-6, f"the {type(self).__name__} cannot be closed: there are views of its arrays. Delete "
                                 "them first, or keep copies in their place")
        self._release()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, exception, *_):
        if exception is None:
            self.close()
        else:
            self._release()  # the traceback may hold views; the memory goes with the last of them

    def __repr__(self):
        name = type(self).__name__
        return f"{name}({self._described() if '_pointer' in self.__dict__ else 'closed'})"

    def _described(self):
        return ""


# --- copies and pickles --------------------------------------------------------------------------------------------

def _not_copied(why):
    def __reduce__(self):
        raise TypeError(f"a {type(self).__name__} can be neither copied nor pickled: {why}")
    return __reduce__


def _architecture(net):
    """What _build() needs."""
    layers = tuple((net.width(l), net.activation(l), net.has_bias(l)) for l in range(1, net.depth + 1))
    return net.width(0), net.dtype, layers, net.loss


def _widths(n_inputs, layers):
    return "-".join(map(str, (n_inputs, *(layer[0] for layer in layers))))


def _build(architecture, cls=None):
    n_inputs, dtype, layers, loss = architecture
    net = Network.__new__(cls or Network)
    Network.__init__(net, n_inputs, dtype)
    for layer in layers:
        net.add_dense(*layer)
    if layers:
        net.loss = loss
    return net


def _checkpoint_bytes(net, **parts):
    with tempfile.TemporaryDirectory(prefix="libfa-") as folder:
        path = os.path.join(folder, "checkpoint")
        save_checkpoint(path, net, **parts)
        with open(path, "rb") as file:
            return file.read()


def _from_bytes(content, function, *arguments, **named):
    """Call a function whose first argument is the path of a file with this content."""
    with tempfile.TemporaryDirectory(prefix="libfa-") as folder:
        path = os.path.join(folder, "checkpoint")
        with open(path, "wb") as file:
            file.write(content)
        return function(path, *arguments, **named)


class _Part(_Object):
    """A Feedback, Optimizer or Trainer: its pickle is a checkpoint of it alone, beside a network of the same shape."""
    _role = ""          # its name among the arguments of save_checkpoint()
    _architecture = ()  # of the network it was made for
    _arguments = ()     # after net, to make another one

    def _made(self, net, *arguments):
        self._architecture, self._arguments = _architecture(net), arguments

    def __reduce__(self):
        content = _checkpoint_bytes(_build(self._architecture), **{self._role: self})
        return _restore_part, (type(self), self._architecture, self._arguments, self._structure(), content)

    def _structure(self):
        """{name: value} of parameters that a checkpoint is only loaded into if they are set."""
        return {}

    def __copy__(self):
        return copy.deepcopy(self)


def _restore_part(cls, architecture, arguments, structure, content):
    net = _build(architecture)
    part = cls(net, *arguments)
    for name, value in structure.items():
        if part.param(name) != value:
            part.set_param(name, value)
    _from_bytes(content, load_checkpoint, net, flags=LOAD_NOT_FINITE, **{cls._role: part})
    return part


# --- network and pass ----------------------------------------------------------------------------------------------

class Network(_Object):
    """Layers, weights, biases and the loss: fa/network.h."""
    _own_name = "_network"
    _network: int

    def __init__(self, n_inputs: int, dtype: Any = "float32") -> None:
        self._own(lib.fa_network_destroy, lib.fa_network_create, _dtype(dtype), _unsigned(n_inputs, "n_inputs"))

    def _described(self):
        n_inputs, dtype, layers, loss = _architecture(self)
        return ", ".join((_widths(n_inputs, layers), *("-".join(layer[1] for layer in layers) for _ in layers[:1]),
                          self.dtype, loss))

    def copy(self) -> Network:
        """A deep copy; copy.copy() and copy.deepcopy() give the same."""
        other = type(self).__new__(type(self))
        other._own(lib.fa_network_destroy, lib.fa_network_copy, self._pointer)
        return other

    __copy__ = copy

    def __deepcopy__(self, _memo):
        return self.copy()

    def __reduce__(self):
        layers = range(1, self.depth + 1)
        arrays = self.state_dict()
        if any(self.is_pruned(l) or self.held_norm(l) for l in layers) or not all(
                np.isfinite(array).all() for array in arrays.values()):
            return _restore_network, (type(self), _checkpoint_bytes(self))  # what cannot be set by a call
        return _rebuild_network, (type(self), _architecture(self), arrays, [self.is_frozen(l) for l in layers],
                                  [self.dropout(l - 1) for l in layers])

    def state_dict(self, copy: bool = True) -> Dict[str, np.ndarray]:
        """{"layers.0.weight": W_1 [n_1 x n_0], "layers.0.bias": b_1 [n_1], "layers.1.weight": W_2, ...}: PyTorch's
        names and shapes. The arrays are copies; with copy=False read-only views, as of weights() and bias()."""
        arrays, copy = {}, _truth(copy, "copy")
        for l in range(1, self.depth + 1):
            arrays[f"layers.{l - 1}.weight"] = self.weights(l)
            if self.has_bias(l):
                arrays[f"layers.{l - 1}.bias"] = self.bias(l)
        return {name: array.copy("C") if copy else array for name, array in arrays.items()}

    def load_state_dict(self, arrays: Mapping[str, Any], convert: bool = False) -> None:
        """Set all weights and biases from a mapping with the names and shapes of state_dict(): NumPy arrays, or what
        numpy.asarray() takes, such as PyTorch's tensors in the processor's memory. They are copied. With `convert`
        other types of numbers are converted. Nothing changes unless all of it fits."""
        numpy = _numpy()
        expected = self.state_dict(copy=False)
        if not hasattr(arrays, "keys"):
            raise TypeError(f"arrays is {_words(arrays)}; a mapping from names to arrays is wanted")
        for what, names in (("there is no", expected.keys() - arrays.keys()),
                            ("the network does not have", arrays.keys() - expected.keys())):
            if names:
                raise FormatError(-9, f"{what} {', '.join(sorted(names))}")
        found = {}
        for name, own in expected.items():
            array = found[name] = _plain(arrays[name], name)
            if array.shape != own.shape:
                raise ShapeError(-2, f"{name} is {list(array.shape)}, the network's is {list(own.shape)}")
            if array.dtype != own.dtype and not (convert and array.dtype.kind in "biuf"):
                raise DtypeError(-3, f"{name} is {array.dtype}, the network is {own.dtype}")
            found[name] = array = numpy.ascontiguousarray(array, own.dtype)
            if not numpy.isfinite(array).all():
                raise NotFiniteError(-5, f"{name} holds NaN or infinity")
        for l in range(1, self.depth + 1):
            self.set_weights(l, found[f"layers.{l - 1}.weight"])
            if self.has_bias(l):
                self.set_bias(l, found[f"layers.{l - 1}.bias"])

    @classmethod
    def open(cls, path: Path, flags: int = 0) -> Network:
        """The network that a file of save() or save_checkpoint() holds; flags: LOAD_..."""
        net = cls.__new__(cls)
        net._own(lib.fa_network_destroy, lib.fa_network_open, _path(path), _unsigned(flags, "flags", 32))
        return net

    def save(self, path: Path) -> None:
        """Write the weights and biases as safetensors: "layers.0.weight" is W_1, "layers.0.bias" is b_1."""
        lib.fa_network_save(self._pointer, _path(path))

    def load(self, path: Path, flags: int = 0) -> None:
        """Read weights and biases from a safetensors file with tensors of these names; flags: LOAD_..."""
        lib.fa_network_load(self._pointer, _path(path), _unsigned(flags, "flags", 32))

    def add_dense(self, n_outputs: int, activation: Union[str, int] = "identity", bias: bool = True) -> None:
        """Add a layer after the last: identity, tanh, logistic, relu, erf or softmax. Its weights and bias are 0."""
        lib.fa_network_add_dense(self._pointer, _unsigned(n_outputs, "n_outputs"),
                                 _number(lib.fa_activation_find, activation, "activation"), _truth(bias, "bias"))

    @property
    def loss(self) -> str:
        """Name of the loss; may be set."""
        return lib.fa_loss_name(lib.fa_network_loss(self._pointer)).decode()

    @loss.setter
    def loss(self, loss: Union[str, int]) -> None:
        lib.fa_network_set_loss(self._pointer, _number(lib.fa_loss_find, loss, "loss"))

    @property
    def depth(self) -> int:
        """L, the number of layers with weights."""
        return lib.fa_network_depth(self._pointer)

    @property
    def dtype(self) -> str:
        """float32 or float64."""
        return lib.fa_dtype_name(lib.fa_network_dtype(self._pointer)).decode()

    @property
    def parameter_count(self) -> int:
        """Number of weights and biases."""
        return lib.fa_network_parameter_count(self._pointer)

    @property
    def bytes(self) -> int:
        """Memory of its arrays."""
        return lib.fa_network_bytes(self._pointer)

    def width(self, l: int) -> int:
        """n_l, l = 0 .. L."""
        return lib.fa_network_width(self._pointer, _unsigned(l, "l"))

    def activation(self, l: int) -> str:
        """Name of the activation of layer l."""
        return lib.fa_activation_name(lib.fa_network_activation(self._pointer, _unsigned(l, "l"))).decode()

    def has_bias(self, l: int) -> bool:
        """Whether layer l has b_l."""
        return lib.fa_network_has_bias(self._pointer, _unsigned(l, "l"))

    def init_weights(self, l: int, init: Union[str, int], scale: float, seed: int) -> None:
        """Draw W_l (0: of every layer): zero, uniform, normal, glorot_uniform, glorot_normal, kaiming_uniform or
        kaiming_normal, times `scale`."""
        lib.fa_network_init_weights(self._pointer, _unsigned(l, "l"), _number(lib.fa_init_find, init, "init"),
                                    _real_number(scale, "scale"), _unsigned(seed, "seed"))

    def init_bias(self, l: int, init: Union[str, int], scale: float, seed: int) -> None:
        """Draw b_l (0: of every layer that has one)."""
        lib.fa_network_init_bias(self._pointer, _unsigned(l, "l"), _number(lib.fa_init_find, init, "init"),
                                 _real_number(scale, "scale"), _unsigned(seed, "seed"))

    def weights(self, l: int) -> np.ndarray:
        """W_l [n_l x n_{l-1}] as it lies in the network: a read-only view that changes as the network learns."""
        return _view(self._views(), False, lib.fa_network_weights, self._pointer, _unsigned(l, "l"))

    def bias(self, l: int) -> np.ndarray:
        """b_l [n_l], a read-only view."""
        return _view(self._views(), False, lib.fa_network_bias, self._pointer, _unsigned(l, "l"))[0]

    def set_weights(self, l: int, weights: Matrix) -> None:
        """Copy an array [n_l x n_{l-1}] into W_l."""
        lib.fa_network_set_weights(self._pointer, _unsigned(l, "l"), _matrix(weights, "weights"))

    def set_bias(self, l: int, bias: Matrix) -> None:
        """Copy an array [n_l] into b_l."""
        lib.fa_network_set_bias(self._pointer, _unsigned(l, "l"), _matrix(bias, "bias"))

    def set_frozen(self, l: int, frozen: bool = True) -> None:
        """Leave layer l out of every update, or let it learn again."""
        lib.fa_network_set_frozen(self._pointer, _unsigned(l, "l"), _truth(frozen, "frozen"))

    def is_frozen(self, l: int) -> bool:
        """Whether layer l is left out of updates."""
        return lib.fa_network_is_frozen(self._pointer, _unsigned(l, "l"))

    def set_dropout(self, l: int, probability: float) -> None:
        """Of the activities of layer l = 0 (the inputs) .. L - 1, in training; see Pass.set_dropout()."""
        lib.fa_network_set_dropout(self._pointer, _unsigned(l, "l"), _real_number(probability, "probability"))

    def dropout(self, l: int) -> float:
        """Probability of dropout on layer l = 0 .. L - 1."""
        return lib.fa_network_dropout(self._pointer, _unsigned(l, "l"))

    def prune(self, l: int, fraction: float, seed: int) -> None:
        """Remove connections of layer l (0: of every layer) at random and for good."""
        lib.fa_network_prune(self._pointer, _unsigned(l, "l"), _real_number(fraction, "fraction"),
                             _unsigned(seed, "seed"))

    def is_pruned(self, l: int) -> bool:
        """Whether connections of layer l were removed."""
        return lib.fa_network_is_pruned(self._pointer, _unsigned(l, "l"))

    def hold_norm(self, l: int = 0, hold: bool = True) -> None:
        """Rescale W_l (0: of every layer) after each update to the norm that it has now."""
        lib.fa_network_hold_norm(self._pointer, _unsigned(l, "l"), _truth(hold, "hold"))

    def held_norm(self, l: int) -> float:
        """0.0 if the norm of W_l is not held."""
        return lib.fa_network_held_norm(self._pointer, _unsigned(l, "l"))

    def activity(self, x: Matrix, l: int, out: Optional[np.ndarray] = None) -> np.ndarray:
        """h_l [n x n_l] in a new array, or in `out`."""
        view = _matrix(x, "x")
        if out is None:
            out = _numpy().empty((view.rows, max(self.width(l), 1)), self.dtype)
        try:
            lib.fa_network_activity(self._pointer, view, _unsigned(l, "l"), _matrix(out, "out", True))
        except FaError as failed:
            _advise(failed, self, x=x)
            raise
        return out

    def predict(self, x: Matrix, out: Optional[np.ndarray] = None) -> np.ndarray:
        """y [n x n_L] in a new array, or in `out`. NaN in a row of x is no error: that row of y is NaN, no other."""
        return self.activity(x, self.depth, out)

    def evaluate(self, x: Matrix, target: Matrix) -> float:
        """Mean loss."""
        try:
            return _real(lib.fa_network_evaluate, self._pointer, _matrix(x, "x"), _matrix(target, "target"))
        except FaError as failed:
            _advise(failed, self, x=x, target=target)
            raise


def _rebuild_network(cls, architecture, arrays, frozen, dropout):
    net = _build(architecture, cls)
    net.load_state_dict(arrays)
    for l, (layer_frozen, probability) in enumerate(zip(frozen, dropout), 1):
        net.set_frozen(l, layer_frozen)
        net.set_dropout(l - 1, probability)
    return net


def _restore_network(cls, content):
    return _from_bytes(content, cls.open, LOAD_NOT_FINITE)


class Pass(_Object):
    """Activities, error signals and gradients of one batch: fa/pass.h. One per thread. Its arrays are read-only views,
    overwritten by the next batch. A streaming one keeps two layers at a time and has none: for local rules."""
    _own_name = "_pass"
    _pass: int

    def __init__(self, net: Network, max_batch: int, streaming: bool = False) -> None:
        _expect(net=net)
        create = lib.fa_pass_create_streaming if _truth(streaming, "streaming") else lib.fa_pass_create
        self._own(lib.fa_pass_destroy, create, net._pointer, _unsigned(max_batch, "max_batch"))
        self._borrowed: Optional[tuple] = ()  # x and target of the batch, needed until the update; see _batch()
        self._loss = c_double()   # made once, not in every step, as are
        self._places: Optional[tuple] = (_Place(), _Place())  # for x and target; None while a step uses them

    __reduce__ = _not_copied("it holds one batch; make another Pass(net, max_batch)")

    def _described(self):
        words = [f"max_batch={self.max_batch}", f"batch={self.batch}"]
        words += [f"threads={self.threads}"] * (self.threads > 1) + ["streaming"] * self.streaming
        return ", ".join(words)

    @property
    def max_batch(self) -> int:
        """Samples that it has room for."""
        return lib.fa_pass_max_batch(self._pointer)

    @property
    def streaming(self) -> bool:
        """Whether it keeps two layers at a time."""
        return lib.fa_pass_is_streaming(self._pointer)

    @property
    def batch(self) -> int:
        """Samples in the present batch."""
        return lib.fa_pass_batch(self._pointer)

    @property
    def gradient_samples(self) -> int:
        """Samples in the accumulated gradient; 0 if there is none."""
        return lib.fa_pass_gradient_samples(self._pointer)

    @property
    def threads(self) -> int:
        """Threads that share the work of a phase."""
        return lib.fa_pass_threads(self._pointer)

    def set_threads(self, n: int) -> None:
        """Let n threads share the work of every phase."""
        lib.fa_pass_set_threads(self._pointer, _unsigned(n, "n"))

    def set_dropout(self, seed: int, step: int = 0) -> None:
        """Where the dropout masks of the next batches come from; a Trainer sees to it itself."""
        lib.fa_pass_set_dropout(self._pointer, _unsigned(seed, "seed"), _unsigned(step, "step"))

    def activity(self, l: int) -> np.ndarray:
        """h_l [n x n_l] of the present batch, a read-only view."""
        return _view(self._views(), False, lib.fa_pass_activity, self._pointer, _unsigned(l, "l"))

    def delta(self, l: int) -> np.ndarray:
        """delta_l [n x n_l] of the present batch; delta_L is the output error e. A read-only view."""
        return _view(self._views(), False, lib.fa_pass_delta, self._pointer, _unsigned(l, "l"))

    def gradient(self, l: int) -> np.ndarray:
        """What gradient() has accumulated for W_l: the sum over gradient_samples samples."""
        return _view(self._views(), False, lib.fa_pass_gradient, self._pointer, _unsigned(l, "l"))

    def bias_gradient(self, l: int) -> np.ndarray:
        """The same for b_l [n_l]."""
        return _view(self._views(), False, lib.fa_pass_bias_gradient, self._pointer, _unsigned(l, "l"))[0]


def pass_bytes(net: Network, max_batch: int, streaming: bool = False) -> int:
    """Bytes that Pass(net, max_batch, streaming) would take."""
    _expect(net=net)
    size = c_size_t()
    count = lib.fa_pass_streaming_bytes if _truth(streaming, "streaming") else lib.fa_pass_bytes
    count(net._pointer, _unsigned(max_batch, "max_batch"), byref(size))
    return size.value


class Feedback(_Part):
    """A learning rule bound to a network: fa/feedback.h. `rule` is the name of a built-in rule or a Rule."""
    _own_name = "_feedback"
    _feedback: int

    def __init__(self, net: Network, rule: Union[str, Rule], seed: int) -> None:
        _expect(net=net)
        self._running = None
        if not isinstance(rule, Rule):
            if not isinstance(rule, str):
                raise TypeError(f"rule is {_words(rule)}; the name of a rule, or an object of a class derived from "
                                "Rule, is wanted")
            self._rule = lib.fa_rule_find(_text(rule, "rule"))
            if not self._rule:
                raise _failure(-1)
        else:
            self._running = _Running(rule.name)
            # Only calls with this object run the callbacks, so they may die with it, before its arrays do. Arrays that
            # the rule has kept would otherwise keep the rule alive, and NumPy's take no part in garbage collection.
            self._rule = ctypes.pointer(_rule_struct(rule, self._running))
        self._dtype = net.dtype
        self._made(net, rule, 0)  # its pickle brings the seed
        _reraising(self._running, (), self._own, lib.fa_feedback_destroy, lib.fa_feedback_create, net._pointer,
                   self._rule, None, _unsigned(seed, "seed"))

    _role = "fb"

    def _described(self):
        return f"{self.rule_name}, {_widths(self._architecture[0], self._architecture[2])}, {self._dtype}"

    def _structure(self):
        rule = self._rule.contents
        names = [param.name for param in rule.params[:rule.n_params]] + [name.encode() for name in feedback_params()]
        found = {}
        for name in (name.decode() for name in names if lib.fa_feedback_redraws(self._pointer, name)):
            try:
                found[name] = self.param(name)
            except UnsupportedError:  # the form of a B where the rule draws none
                pass
        return found

    @property
    def rule_name(self) -> str:
        """Name of its rule."""
        return lib.fa_feedback_rule_name(self._pointer).decode()

    @property
    def bytes(self) -> int:
        """Memory of its arrays."""
        return lib.fa_feedback_bytes(self._pointer)

    def set_param(self, name: str, value: Union[float, str]) -> None:
        """Set a parameter of the rule or one of feedback_params(); a choice by its name. Those that make the arrays
        anew cannot be set while there are views of them."""
        redraws = lib.fa_feedback_redraws(self._pointer, _text(name, "name"))
        if redraws and self._has_views():
            raise StateError(-6, f"{name} makes the arrays of rule {self.rule_name} anew, and there are views of them")
        _reraising(self._running, (), *_param_call(lib.fa_feedback_set_param, lib.fa_feedback_set_choice, self._pointer,
                                                  name, value))

    def param(self, name: str) -> float:
        """Value of a parameter; of a choice its index."""
        return _real(lib.fa_feedback_param, self._pointer, _text(name, "name"))

    def set(self, name: str, l: int, array: Matrix) -> None:
        """Copy an array into one of the rule's, e.g. set("B", 1, array)."""
        lib.fa_feedback_set(self._pointer, _text(name, "name"), _unsigned(l, "l"), _matrix(array, "array"))

    def get(self, name: str, l: int) -> np.ndarray:
        """An array of the rule, e.g. get("B", 1): a read-only view."""
        return _view(self._views(), False, lib.fa_feedback_get, self._pointer, _text(name, "name"),
                     _unsigned(l, "l"))

    def dense(self, l: int) -> np.ndarray:
        """B_l as a new array, whatever its form."""
        rows, cols = ctypes.c_size_t(), ctypes.c_size_t()
        lib.fa_feedback_shape(self._pointer, b"B", _unsigned(l, "l"), byref(rows), byref(cols))
        out = _numpy().empty((rows.value, cols.value), self._dtype)
        lib.fa_feedback_dense(self._pointer, l, _matrix(out, "out", True))
        return out

    def use_weights(self, l: int = 0, use: bool = True) -> None:
        """Bring the error to hidden layer l (0: all) through W_{l+1} transposed, as back-propagation does."""
        lib.fa_feedback_use_weights(self._pointer, _unsigned(l, "l"), _truth(use, "use"))

    def uses_weights(self, l: int) -> bool:
        """Whether use_weights() was called for hidden layer l."""
        return lib.fa_feedback_uses_weights(self._pointer, _unsigned(l, "l"))

    def adapt(self, net: Network, pass_: Pass, n: int = 1) -> None:
        """The mirror phase of weight mirrors: adapt n times without a batch."""
        _expect(net=net, pass_=pass_)
        _reraising(self._running, (net, pass_, self, ()), lib.fa_feedback_adapt, self._pointer, net._pointer,
                   pass_._pointer, _unsigned(n, "n"))

    def init(self, name: str, l: int, init: Union[str, int], scale: float, seed: int) -> None:
        """Draw an array of the rule anew; see Network.init_weights()."""
        lib.fa_feedback_init(self._pointer, _text(name, "name"), _unsigned(l, "l"),
                             _number(lib.fa_init_find, init, "init"), _real_number(scale, "scale"),
                             _unsigned(seed, "seed"))


class Optimizer(_Part):
    """From gradient to weight change: fa/optimizer.h. Parameters may be given by name."""
    _own_name = "_optimizer"
    _optimizer: int

    def __init__(self, net: Network, name: str = "sgd", **parameters: Union[float, str]) -> None:
        _expect(net=net)
        self._own(lib.fa_optimizer_destroy, lib.fa_optimizer_create, net._pointer, _text(name, "name"))
        self._made(net, name)
        for parameter, value in parameters.items():
            self.set(parameter, value)

    _role = "opt"

    def _described(self):
        steps = f"{self.steps} step" + "s" * (self.steps != 1)
        return (f"{self._arguments[0]}, learning_rate={self.get('learning_rate'):g}, "
                f"{_widths(self._architecture[0], self._architecture[2])}, {steps}")

    @property
    def steps(self) -> int:
        """Updates made."""
        return lib.fa_optimizer_steps(self._pointer)

    def set(self, name: str, value: Union[float, str]) -> None:
        """Set a parameter; a choice by its name."""
        function, *arguments = _param_call(lib.fa_optimizer_set, lib.fa_optimizer_set_choice, self._pointer, name,
                                           value)
        function(*arguments)

    def get(self, name: str) -> float:
        """Value of a parameter; of a choice its index."""
        return _real(lib.fa_optimizer_get, self._pointer, _text(name, "name"))

    def set_rate_factor(self, l: int, which: int, factor: float) -> None:
        """`which` is WEIGHTS, BIASES or WEIGHTS | BIASES."""
        lib.fa_optimizer_set_rate_factor(self._pointer, _unsigned(l, "l"), _unsigned(which, "which", 32),
                                         _real_number(factor, "factor"))

    def set_schedule(self, factor: float) -> None:
        """Multiply every learning rate; a Trainer does it before every update."""
        lib.fa_optimizer_set_schedule(self._pointer, _real_number(factor, "factor"))


# --- data ----------------------------------------------------------------------------------------------------------

def _path(path, name="path"):
    try:
        encoded = os.fsencode(path)
    except TypeError:
        raise TypeError(f"{name} is {_words(path)}; the name of a file is wanted") from None
    if b"\0" in encoded:
        raise ValueError(f"{name} holds a null byte")
    return encoded


def _read(function, path, dtype, *rest):
    """An array that owns the matrix which a reader has made."""
    _numpy()
    matrix = fa_matrix()
    function(_path(path), _dtype(dtype), matrix, *rest)
    return _array(matrix, _Handle(matrix, lib.fa_matrix_free), True)


def _read_labels(function, path):
    numbers, count = _labels(), c_size_t()
    numpy = _numpy()
    function(_path(path), byref(numbers), byref(count))
    try:
        return numpy.ctypeslib.as_array(numbers, (count.value,)).copy()
    finally:
        lib.fa_labels_free(numbers)


def read_idx(path: Path, dtype: Any = "float32") -> np.ndarray:
    """Values of an IDX file, plain or gzip, as they are, in the shape that the file gives."""
    info = fa_idx_info()
    values = _read(lib.fa_idx_read, path, dtype, info)
    return values.reshape(info.extents[:info.rank])


def read_idx_images(path: Path, dtype: Any = "float32") -> np.ndarray:
    """Images of an IDX file in [0, 1], one a row."""
    return _read(lib.fa_idx_read_images, path, dtype)


def read_idx_labels(path: Path) -> np.ndarray:
    """Labels of an IDX file, int32 [n]."""
    return _read_labels(lib.fa_idx_read_labels, path)


def read_npy_samples(path: Path, dtype: Any = "float32") -> np.ndarray:
    """A .npy file of 1 to 4 dimensions, one sample a row; unsigned bytes are scaled to [0, 1]."""
    return _read(lib.fa_npy_read_samples, path, dtype)


def read_npy_labels(path: Path) -> np.ndarray:
    """Integers of a .npy file, int32 [n]."""
    return _read_labels(lib.fa_npy_read_labels, path)


def _plain(values, name):
    """numpy.asarray() of what has no mask."""
    numpy = _numpy()
    if isinstance(values, numpy.ma.MaskedArray):
        raise TypeError(_no_matrix(values, name, False))
    return numpy.asarray(values)


def _int32(labels, name):
    """Labels as a new int32 array."""
    numpy = _numpy()
    labels = _plain(labels, name)
    if labels.dtype.kind not in "biu" or labels.ndim != 1:
        raise TypeError(f"{name} is {_words(labels)}; {_labels_wanted(labels, name)}")
    limits = numpy.iinfo(numpy.int32)
    if labels.size and not limits.min <= labels.min() <= labels.max() <= limits.max:
        raise ValueError(f"{name} {labels.min()} .. {labels.max()} do not fit int32")
    return labels.astype(numpy.int32, order="C", copy=True)


def _labels_wanted(labels, name):
    """What helps where there are no labels."""
    wanted = "labels are integers 0 .. n_classes - 1 in one dimension"
    if labels.dtype.kind in "biu":
        if labels.ndim == 2 and labels.shape[1] == 1:
            return f"{wanted}: {name}.ravel()"
        return f'{wanted}, other targets are numbers: np.asarray({name}, dtype="float32")'
    if labels.dtype.kind in "SUO":
        return (f"{wanted}: classes, {name} = np.unique({name}, return_inverse=True). A Classifier takes them as they "
                "are")
    return f"{wanted}: {name}.astype(int)"


def _pointer_to(labels):
    return labels.ctypes.data_as(_labels)


def one_hot(labels: Any, n_classes: int = 0, dtype: Any = "float32") -> np.ndarray:
    """One-hot rows [n x n_classes], a new array; n_classes = 0 stands for the largest label + 1."""
    labels = _int32(labels, "labels")
    n_classes = _unsigned(n_classes, "n_classes") or max(int(labels.max(initial=0)) + 1, 1)
    target = _numpy().empty((len(labels), n_classes), _ELEMENT[_dtype(dtype)][0])
    lib.fa_one_hot(_pointer_to(labels), len(labels), _matrix(target, "target"))
    return target


class Dataset(_Object):
    """Samples: fa/data.h. `x` [n x n_0], and `target` [n x n_L] of the same dtype or n integers, which are labels.

    x and a target matrix are borrowed: leave them unchanged. Labels are copied, for a later change could make them
    invalid. Parts share the arrays of the whole, and keep them alive."""

    def __init__(self, x: Matrix, target: Any, n_classes: int = 0) -> None:
        view = _matrix(x, "x")
        if not isinstance(target, fa_matrix) and _plain(target, "target").dtype.kind in "biuSUO":
            labels = _int32(target, "target")
            if len(labels) != view.rows:
                failed = ShapeError(-2, f"there are {len(labels)} labels, x has {view.rows} rows")
                _advise(failed, None, x=x)
                raise failed
            self._own(lib.fa_dataset_destroy, lib.fa_dataset_create_labelled, view, _pointer_to(labels),
                      _unsigned(n_classes, "n_classes"), borrowed=(view, labels))
            return
        targets = _matrix(target, "target")
        try:
            self._own(lib.fa_dataset_destroy, lib.fa_dataset_create, view, targets, borrowed=(view, targets))
        except FaError as failed:
            if getattr(target, "ndim", 2) == 1 and targets.cols == view.rows > 1:
                raise ShapeError(-2, f"target is {_words(target)}, which counts as one row: labels are integers, "
                                     "target.astype(int), and a column is target.reshape(-1, 1)") from None
            _advise(failed, None, x=x, target=target)
            raise

    def _described(self):
        targets = f"{self.n_outputs} " + ("classes" if self.has_labels else "targets")
        return f"{len(self)} samples, {self.n_inputs} inputs, {targets}, {self.dtype}"

    @classmethod
    def read(cls, inputs: Path, targets: Path, dtype: Any = "float32", n_classes: int = 0) -> Dataset:
        """From two files, IDX or .npy. Integers, one for each sample, are labels; anything else is a target matrix."""
        data = cls.__new__(cls)
        data._own(lib.fa_dataset_destroy, lib.fa_dataset_read, _path(inputs, "inputs"), _path(targets, "targets"),
                  _dtype(dtype), _unsigned(n_classes, "n_classes"))
        return data

    def __reduce__(self):
        try:
            x, target = self.view()
        except UnsupportedError:  # a part of a random split
            x, target = self.gather()
        target = self.labels() if self.has_labels else target
        return _restore_dataset, (x, target, self.n_outputs if self.has_labels else 0)

    def __copy__(self):
        return self.copy()

    def __len__(self) -> int:
        return lib.fa_dataset_size(self._pointer)

    @property
    def n_inputs(self) -> int:
        """n_0."""
        return lib.fa_dataset_n_inputs(self._pointer)

    @property
    def n_outputs(self) -> int:
        """n_L, or the number of classes."""
        return lib.fa_dataset_n_outputs(self._pointer)

    @property
    def has_labels(self) -> bool:
        """Whether targets are labels."""
        return lib.fa_dataset_has_labels(self._pointer)

    @property
    def dtype(self) -> str:
        """float32 or float64."""
        return lib.fa_dtype_name(lib.fa_dataset_dtype(self._pointer)).decode()

    def rows(self, first: int, count: int) -> Dataset:
        """Samples first .. first + count - 1, a Dataset that shares the arrays."""
        part = Dataset.__new__(Dataset)
        part._own(lib.fa_dataset_destroy, lib.fa_dataset_rows, self._pointer, _unsigned(first, "first"),
                  _unsigned(count, "count"), borrowed=self._handle.borrowed)
        return part

    def split(self, seed: int, sizes: Sequence[int]) -> List[Dataset]:
        """Random disjoint parts of these sizes, a list of Datasets that share the arrays."""
        try:
            sizes = list(sizes)
        except TypeError:
            raise TypeError(f"sizes is {_words(sizes)}; a list of whole numbers is wanted") from None
        wanted = (c_size_t * len(sizes))(*(_unsigned(size, "one of sizes") for size in sizes))
        pointers = (c_void_p * len(sizes))()
        lib.fa_dataset_split(self._pointer, _unsigned(seed, "seed"), len(sizes), wanted, pointers)
        parts = [Dataset.__new__(Dataset) for _ in sizes]
        for part, pointer in zip(parts, pointers):
            part._take(pointer, lib.fa_dataset_destroy, self._handle.borrowed)
        return parts

    def copy(self) -> Dataset:
        """The same samples in arrays of its own."""
        other = Dataset.__new__(Dataset)
        other._own(lib.fa_dataset_destroy, lib.fa_dataset_copy, self._pointer)
        return other

    def _count(self, first, count):
        return max(len(self) - _unsigned(first, "first"), 0) if count is None else _unsigned(count, "count")

    def view(self, first: int = 0, count: Optional[int] = None) -> Tuple[np.ndarray, Optional[np.ndarray]]:
        """(x, target) of a range where it lies, read only; target is None where there are labels."""
        return _two_views(self._views(), False, lib.fa_dataset_view, self._pointer, _unsigned(first, "first"),
                          self._count(first, count))

    def gather(self, rows: Any = None) -> Tuple[np.ndarray, np.ndarray]:
        """(x, target) of the samples with these numbers, new arrays; labels become one-hot rows."""
        numpy = _numpy()
        rows = numpy.arange(len(self)) if rows is None else _plain(rows, "rows")
        if rows.dtype.kind not in "iu" or rows.ndim != 1:
            raise TypeError(f"rows is {_words(rows)}; numbers of samples are integers in one dimension")
        if rows.size and rows.min() < 0:
            raise ValueError(f"{rows.min()} is no number of a sample")
        rows = numpy.ascontiguousarray(rows, numpy.uintp)
        x, target = (numpy.empty((len(rows), width), self.dtype) for width in (self.n_inputs, self.n_outputs))
        lib.fa_dataset_gather(self._pointer, rows.ctypes.data_as(_sizes), len(rows), _matrix(x, "x"),
                              _matrix(target, "target"))
        return x, target

    def labels(self, first: int = 0, count: Optional[int] = None) -> np.ndarray:
        """int32 [count], a new array."""
        wanted = self._count(first, count)
        labels = _numpy().empty(min(wanted, len(self)), _numpy().int32)
        lib.fa_dataset_labels(self._pointer, _unsigned(first, "first"), wanted, _pointer_to(labels))
        return labels

    def moments(self) -> Tuple[np.ndarray, np.ndarray]:
        """(mean, standard deviation) of every input, float64 [n_0]."""
        mean, deviation = _numpy().empty((2, self.n_inputs))
        lib.fa_dataset_moments(self._pointer, _matrix(mean, "mean"), _matrix(deviation, "deviation"))
        return mean, deviation

    def standardize(self, mean: Matrix, deviation: Matrix) -> None:
        """x = (x - mean) / deviation in place. Not for borrowed inputs: standardize the array, or a copy()."""
        lib.fa_dataset_standardize(self._pointer, _matrix(mean, "mean"), _matrix(deviation, "deviation"))


def _restore_dataset(x, target, n_classes):
    return Dataset(x, target, n_classes)


# --- training ------------------------------------------------------------------------------------------------------

def _batch(pass_):
    """x and target that the pass has borrowed. After a step or an epoch that failed nobody keeps them any more."""
    if pass_._borrowed is None:
        raise StateError(-6, "the last step with this pass failed; begin the next batch with forward()")
    return pass_._borrowed


def _advise(failed, net, **arrays):
    """Complete the sentence of a call that failed by what helps, which C cannot know: how a NumPy array gets another
    type or shape, and which array is not finite."""
    advice = ""
    if isinstance(failed, NotFiniteError):
        advice = _not_finite(net, arrays)
    elif isinstance(failed, DtypeError):
        wanted = failed.sentence.rpartition(" it has to be ")[2]
        names = [name for name in arrays if failed.sentence.startswith(f"{name} is ")]
        if names and wanted in _DTYPES:
            advice = f'np.asarray({names[0]}, dtype="{wanted}")'
        elif failed.sentence.startswith("the data are "):
            advice = f'make the Dataset of np.asarray(x, dtype="{net.dtype}")'
    elif isinstance(failed, ShapeError):
        flat = [name for name, array in arrays.items() if getattr(array, "ndim", 2) == 1]
        if flat:
            advice = f"{flat[0]} has one dimension and counts as one row; {flat[0]}.reshape(-1, 1) is a column"
            if flat[0] == "target" and net is not None and net.width(net.depth) > 1:
                advice = "target has one dimension and counts as one row; libfa.one_hot() makes a target of labels"
    if advice:
        failed.sentence += ": " + advice
        failed.args = (failed.status, failed.sentence)


def _not_finite(net, given):
    """Where NaN or infinity is in the arrays and data sets given, or else in the network's; "" where all are finite."""
    for name, one in given.items():
        found = ""
        if isinstance(one, Dataset):
            found = _not_finite_sample(one, name)
        elif not isinstance(one, _Object):
            found = _place_of_not_finite(_array(_matrix(one, name), one, False), name)
        if found:
            return found
    arrays = {} if net is None else net.state_dict(copy=False)
    places = (_place_of_not_finite(array.reshape(len(array), -1), name) for name, array in arrays.items())
    return next(filter(None, places), "")


def _not_finite_sample(data, name):
    for first in range(0, len(data), 1024):
        for what, array in zip(("x", "target"), data.gather(range(first, min(first + 1024, len(data))))):
            found = _place_of_not_finite(array, f"{what} of {name}", first)
            if found:
                return found
    return ""


def _place_of_not_finite(array, name, first=0):
    wrong = [] if array is None else _numpy().argwhere(~_numpy().isfinite(array))
    if len(wrong) == 0:
        return ""
    row, column = map(int, wrong[0])
    return f"{name} holds {array[row, column]} in row {first + row}, column {column} (counted from 0)"


def forward(net: Network, pass_: Pass, x: Matrix) -> None:
    """Forward pass of x [n x n_0]. The pass keeps x until the update: leave it unchanged."""
    _expect(net=net, pass_=pass_)
    view = _matrix(x, "x")
    try:
        lib.fa_forward(net._pointer, pass_._pointer, view)
    except FaError as failed:
        _advise(failed, net, x=x)
        raise
    pass_._borrowed = (view,)


def error(net: Network, pass_: Pass, target: Matrix) -> float:
    """Mean loss of the batch that went forward."""
    _expect(net=net, pass_=pass_)
    view = _matrix(target, "target")
    # Kept even where the call fails: the library may have taken the view before it found the loss infinite.
    pass_._borrowed = (*_batch(pass_)[:1], view)
    try:
        lib.fa_error(net._pointer, pass_._pointer, view, pass_._loss)
    except FaError as failed:
        _advise(failed, net, **{"x": x for x in pass_._borrowed[:-1]}, target=target)
        raise
    return pass_._loss.value


def backward(net: Network, pass_: Pass, fb: Feedback) -> None:
    """The learning rule: delta_l of the hidden layers."""
    _expect(net=net, pass_=pass_, fb=fb)
    batch = _batch(pass_)
    _reraising(fb._running, (net, pass_, fb, batch), lib.fa_backward, net._pointer, pass_._pointer, fb._pointer)
    if fb._running is not None:
        pass_._borrowed = (*batch[:2], *fb._running.kept.values())


def gradient(net: Network, pass_: Pass, fb: Feedback) -> None:
    """Add the gradient of this batch to the accumulated one."""
    _expect(net=net, pass_=pass_, fb=fb)
    _batch(pass_)
    lib.fa_gradient(net._pointer, pass_._pointer, fb._pointer)


def gradient_reset(pass_: Pass) -> None:
    """Discard the accumulated gradient."""
    _expect(pass_=pass_)
    lib.fa_gradient_reset(pass_._pointer)


def update(net: Network, pass_: Pass, fb: Feedback, opt: Optimizer) -> None:
    """Apply the mean of the accumulated gradient, or that of the batch that went backward."""
    _expect(net=net, pass_=pass_, fb=fb, opt=opt)
    _reraising(fb._running, (net, pass_, fb, _batch(pass_)), lib.fa_update, net._pointer, pass_._pointer, fb._pointer,
               opt._pointer)
    pass_._borrowed = ()


def train_step(net: Network, pass_: Pass, fb: Feedback, opt: Optimizer, x: Matrix, target: Matrix) -> float:
    """All phases at once; mean loss of the batch before the update."""
    # No argument is looked at before the call: each is known by an attribute that only its class has.
    try:
        places, pass_._places = pass_._places, None
        if places is None:
            raise StateError(-6, "a step with this pass is running: neither its rule nor another thread may make "
                                 "another")
        try:
            views = places[0].take(x), places[1].take(target)
            pass_._borrowed = None
            if fb._running is None:
                lib.fa_train_step(net._network, pass_._pass, fb._feedback, opt._optimizer, *views, pass_._loss)
            else:
                _reraising(fb._running, (net, pass_, fb, (x, target)), lib.fa_train_step, net._network, pass_._pass,
                           fb._feedback, opt._optimizer, *views, pass_._loss)
        finally:
            pass_._places = places
    except (AttributeError, TypeError, ValueError, ArithmeticError) as failed:
        raise _step_failure(failed, net, pass_, fb, opt, x, target)
    pass_._borrowed = ()
    return pass_._loss.value


def _step_failure(failed, net, pass_, fb, opt, x, target):
    """What says more than the error of a step, or that error with a complete sentence."""
    if isinstance(failed, FaError):
        _advise(failed, net, x=x, target=target)
        return failed
    try:
        _expect(net=net, pass_=pass_, fb=fb, opt=opt)
        for one in (net, pass_, fb, opt):
            one._pointer  # raises if it is closed
        _matrix(x, "x")
        _matrix(target, "target")
    except (TypeError, ValueError) as better:
        better.__suppress_context__ = True
        return better
    return failed


# --- interrupts ----------------------------------------------------------------------------------------------------

class _Interrupts:
    """Keeps what Ctrl-C raises from passing through C: it waits until a callback can take it, or the call is over.

    CPython may run a signal's handler as the first thing inside a callback, before any `try` of it; the exception would
    be lost, and C would go on with whatever lies where the answer should be.
    """
    __slots__ = ("inside", "waiting", "previous")

    def __init__(self):
        self.inside = False   # in a callback, where an exception is caught
        self.waiting = None
        self.previous = None

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            previous = signal.getsignal(signal.SIGINT)
            if callable(previous):  # neither ignored nor left to the system
                self.previous = previous
                signal.signal(signal.SIGINT, self._handle)
        return self

    def _handle(self, *seen):
        if self.inside:
            self.previous(*seen)
        else:
            self.waiting = seen

    def deliver(self):
        if self.waiting is not None:
            seen, self.waiting = self.waiting, None
            self.previous(*seen)

    def __exit__(self, *_):
        if self.previous is not None and signal.getsignal(signal.SIGINT) == self._handle:
            signal.signal(signal.SIGINT, self.previous)
        self.deliver()


def _guarded(shared, function, *arguments):
    """Run what a callback has to do. `shared.interrupts` is that of the call that runs it."""
    interrupts = shared.interrupts
    try:
        interrupts.inside = True
        interrupts.deliver()
        return function(*arguments)
    finally:
        interrupts.inside = False


# --- epochs and whole runs -----------------------------------------------------------------------------------------

class Progress:
    """What a callback sees: the fields of fa_progress. net, pass_, fb and opt are the objects that train; a callback
    may look at them, and change nothing."""
    __slots__ = ("point", "epoch", "batch", "batches", "training", "validation", "net", "pass_", "fb", "opt")
    __reduce__ = _not_copied("it is about objects that train")

    def __init__(self, seen, objects):
        self.point, self.epoch, self.batch, self.batches = seen.point, seen.epoch, seen.batch, seen.batches
        self.training = fa_result.from_buffer_copy(seen.training)
        self.validation = fa_result.from_buffer_copy(seen.validation)
        self.net, self.pass_, self.fb, self.opt = objects


def _notebook():
    """Whether output goes to a notebook's page."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return shell is not None and hasattr(shell, "kernel")


class ProgressLine:
    """A callback that shows how far a training is, on one line that is written again and again: for AFTER_EPOCH, or for
    AFTER_UPDATE in a long epoch. trainer.run(..., progress=True) makes one of its own.

    `epochs` is how many there will be, if known; `file` where to write: standard error, or the page of a notebook.
    `show` is None for a line only where somebody sees it change, in a terminal or a notebook; True to write in any
    case, one line for each epoch where lines cannot be written again; False never.
    """
    _pause = 0.1  # seconds between two writings

    def __init__(self, epochs: Optional[int] = None, file: Any = None, show: Optional[bool] = None) -> None:
        self._page = file is None and _notebook()
        self._file = file if file is not None else sys.stdout if self._page else sys.stderr
        terminal = getattr(self._file, "isatty", lambda: False)()
        self._again = self._page or terminal
        self._show = (self._again if show is None else bool(show)) and self._file is not None
        self._epochs = epochs
        self._start = time.monotonic()
        self._written, self._length = -self._pause, 0

    def __call__(self, progress: Progress) -> None:
        if not self._show:
            return
        ends = progress.point == AFTER_EPOCH
        if not ends and (not self._again or time.monotonic() - self._written < self._pause):
            return
        text = self._text(progress)
        if self._again:
            if not self._page:
                text = text[:max(shutil.get_terminal_size().columns - 1, 1)]
            self._file.write("\r" + text.ljust(self._length))
        else:
            self._file.write(text + "\n")
        self._file.flush()
        self._written, self._length = time.monotonic(), len(text)

    def _text(self, progress):
        epoch = f"epoch {progress.epoch}" + (f"/{self._epochs}" if self._epochs else "")
        if progress.point != AFTER_EPOCH:
            epoch += f", batch {progress.batch}/{progress.batches}"
        parts = [epoch, f"loss {progress.training.loss:.4g}"]
        labels = progress.training.accuracy == progress.training.accuracy  # NaN without
        if labels:
            parts.append(f"accuracy {progress.training.accuracy:.2%}")
        if progress.validation.samples:
            parts.append(f"validation {progress.validation.loss:.4g}")
            if labels:
                parts[-1] += f" and {progress.validation.accuracy:.2%}"
        return ", ".join(parts) + f", {time.monotonic() - self._start:.1f} s"

    def close(self) -> None:
        """End the line."""
        if self._again and self._length:
            self._file.write("\n")
            self._file.flush()
            self._length = 0


class _Training:
    """What the callbacks of a training share with the call that runs them."""
    __slots__ = ("callbacks", "objects", "raised", "interrupts", "line")

    def __init__(self):
        self.interrupts = None
        self.line = None      # a ProgressLine
        self.callbacks = {}   # by point
        self.objects = None   # net, pass_, fb, opt, while it runs
        self.raised = None    # the first exception of a callback


def _progress_callback(training):
    """The callbacks as one function for C: an exception stops the training, and waits in `training`."""
    def answer(seen):
        chosen = training.callbacks.get(seen.point)
        progress = Progress(seen, training.objects)
        if training.line is not None and seen.point == AFTER_EPOCH:
            training.line(progress)
        answered = None if chosen is None else chosen(progress)
        return answered is None or bool(answered)

    def callback(_user_data, seen):
        if training.raised is not None:
            return False
        try:
            return _guarded(training, answer, seen.contents)
        except BaseException as exception:
            training.raised = exception
            return False
    return fa_callback(callback)


def _train(training, objects, others, function, *arguments):
    """Call the library for many steps; what callbacks raised meanwhile comes out here. `others` are objects by name."""
    net, pass_, fb, _ = objects
    handles = tuple(one._handle for one in (*objects, *others.values()))  # whatever a callback closes
    training.objects = objects
    pass_._borrowed = None
    try:
        with _Interrupts() as training.interrupts:
            _reraising(fb._running, (net, pass_, fb, handles), function, *arguments, interrupts=training.interrupts)
            pass_._borrowed = ()
    except NotFiniteError as failed:
        _advise(failed, net, **others)
        raise
    finally:
        raised, training.raised, training.objects = training.raised, None, None
        if raised is not None:
            raise raised


def train_epoch(net: Network, pass_: Pass, fb: Feedback, opt: Optimizer, data: Dataset, batch: int = 0,
                shuffle: bool = False, drop_last: bool = False, seed: int = 0, epoch: int = 0,
                point: int = AFTER_UPDATE, every: int = 1,
                callback: Optional[Callable[[Progress], Any]] = None) -> fa_result:
    """Train on every sample once, in mini-batches (batch = 0: the pass's largest); the fa_result of it.

    `callback` is called with a Progress, at `point` (AFTER_DELTAS or AFTER_UPDATE) of every `every`-th batch and of the
    last one. It stops the training by returning False (None does not), or by an exception, which is raised again here.
    """
    _expect(net=net, pass_=pass_, fb=fb, opt=opt, data=data)
    training = _Training()
    options = fa_epoch_options(ctypes.sizeof(fa_epoch_options), _unsigned(batch, "batch"), _truth(shuffle, "shuffle"),
                               _truth(drop_last, "drop_last"),
                               _unsigned(seed, "seed"), _unsigned(epoch, "epoch"), _unsigned(point, "point", 31),
                               _unsigned(every, "every"))
    if _called(callback, "callback") is not None:
        training.callbacks[point] = callback
        options.callback = _progress_callback(training)
    result = fa_result()
    try:
        _train(training, (net, pass_, fb, opt), {"data": data}, lib.fa_train_epoch, net._pointer, pass_._pointer,
               fb._pointer, opt._pointer, data._pointer, options, result)
    except FaError as failed:
        failed.result = result
        raise
    return result


def evaluate(net: Network, data: Dataset, confusion: bool = False) -> Any:
    """Mean loss and accuracy on a Dataset, an fa_result. With `confusion` also a matrix [n_L x n_L]: samples of label i
    whose largest output is j."""
    _expect(net=net, data=data)
    result, confusion = fa_result(), _truth(confusion, "confusion")
    matrix = _numpy().zeros((data.n_outputs, data.n_outputs), "uint64") if confusion else None
    counts = matrix.ctypes.data_as(POINTER(c_uint64)) if confusion else None
    try:
        lib.fa_evaluate(net._pointer, data._pointer, result, counts)
    except FaError as failed:
        _advise(failed, net, data=data)
        failed.result = result
        raise
    return (result, matrix) if confusion else result


class Trainer(_Part):
    """Whole runs: fa/trainer.h, which lists the parameters. They may be given by name, and are read and written as
    items: trainer["epochs"] = 20."""

    def __init__(self, net: Network, seed: int, **parameters: Union[float, str]) -> None:
        _expect(net=net)
        self._own(lib.fa_trainer_destroy, lib.fa_trainer_create, net._pointer, _unsigned(seed, "seed"))
        self._training = _Training()
        self._callback = _progress_callback(self._training)
        self._made(net, 0)  # its pickle brings the seed
        self.on(AFTER_EPOCH, None)
        for parameter, value in parameters.items():
            self.set(parameter, value)

    def set(self, name: str, value: Union[float, str]) -> None:
        """Set a parameter; a choice by its name, yes and no also by True and False."""
        function, *arguments = _param_call(lib.fa_trainer_set, lib.fa_trainer_set_choice, self._pointer, name, value)
        function(*arguments)

    def get(self, name: str) -> float:
        """Value of a parameter; of a choice its index."""
        return _real(lib.fa_trainer_get, self._pointer, _text(name, "name"))

    __setitem__ = set
    __getitem__ = get

    def freeze(self, l: int, first: int, last: int) -> None:
        """Freeze layer l in the epochs first .. last, counted from 1."""
        lib.fa_trainer_freeze(self._pointer, _unsigned(l, "l"), _unsigned(first, "first"), _unsigned(last, "last"))

    def on(self, point: int, callback: Optional[Callable[[Progress], Any]], every: int = 1) -> None:
        """Call `callback` with a Progress at AFTER_DELTAS, AFTER_UPDATE or AFTER_EPOCH; None for nothing. What it may
        do, and how it stops the training: train_epoch()."""
        # Called after every epoch in any case, so that Ctrl-C need not wait for the end of the run.
        called = _called(callback, "callback") is not None or point == AFTER_EPOCH
        lib.fa_trainer_set_callback(self._pointer, _unsigned(point, "point", 31), _unsigned(every, "every"),
                                    self._callback if called else fa_callback(),  # type: ignore[call-overload]
                                    None)
        self._training.callbacks[point] = callback

    def run(self, net: Network, pass_: Pass, fb: Feedback, opt: Optimizer, training: Dataset,
            validation: Optional[Dataset] = None, progress: Optional[bool] = False) -> int:
        """Train until all epochs are done, a callback says stop, or nothing improves; why: one of STOP_... With
        `progress` a ProgressLine shows every epoch: None where a terminal or a notebook does, True in any case."""
        _expect(net=net, pass_=pass_, fb=fb, opt=opt, training=training, **_given(validation=validation))
        if self._training.objects is not None:
            raise StateError(-6, "the trainer is running: a callback cannot run it again")
        if progress is not None:
            progress = _truth(progress, "progress")
        handle = self._handle  # a callback may close the trainer
        others = {"trainer": self, "training": training, **_given(validation=validation)}
        self._training.line = line = None if progress is False else ProgressLine(int(self["epochs"]), show=progress)
        try:
            _train(self._training, (net, pass_, fb, opt), others, lib.fa_trainer_run, self._pointer, net._pointer,
                   pass_._pointer, fb._pointer, opt._pointer, training._pointer,
                   None if validation is None else validation._pointer)
        finally:
            self._training.line = None
            if line is not None:
                line.close()
        return lib.fa_trainer_stop(handle.pointer)

    _role = "trainer"

    def _described(self):
        return f"epoch {self.epochs} of {self['epochs']:g}, batch={self['batch']:g}"

    def __reduce__(self):
        if self._training.objects is not None:
            raise StateError(-6, "the trainer is running: it cannot be copied or pickled now; see save_checkpoint()")
        return super().__reduce__()

    @property
    def stop(self) -> int:
        """Why the latest run returned: STOP_..."""
        return lib.fa_trainer_stop(self._pointer)

    @property
    def epochs(self) -> int:
        """Epochs begun so far."""
        return lib.fa_trainer_epochs(self._pointer)

    @property
    def best(self) -> int:
        """Best epoch on the validation data, or 0."""
        return lib.fa_trainer_best(self._pointer)

    def record(self, epoch: int) -> fa_epoch_record:
        """fa_epoch_record of an epoch, counted from 1."""
        record = fa_epoch_record()
        lib.fa_trainer_record(self._pointer, _unsigned(epoch, "epoch"), record)
        return record

    @property
    def records(self) -> List[fa_epoch_record]:
        """Those of all epochs, a list."""
        return [self.record(epoch) for epoch in range(1, self.epochs + 1)]


_KINDS = {"net": Network, "pass_": Pass, "fb": Feedback, "opt": Optimizer, "data": Dataset, "training": Dataset,
          "validation": Dataset, "trainer": Trainer, "stream_": fa_stream}


def _pointer_or_none(thing):
    return None if thing is None else thing._pointer


def save_checkpoint(path: Path, net: Network, fb: Optional[Feedback] = None, opt: Optional[Optimizer] = None,
                    pass_: Optional[Pass] = None, trainer: Optional[Trainer] = None) -> None:
    """Write all that training needs to go on: fa_checkpoint_save(). May be called from a callback at AFTER_UPDATE or
    AFTER_EPOCH, with all objects of the run."""
    _expect(net=net, **_given(fb=fb, opt=opt, pass_=pass_, trainer=trainer))
    _reraising(None if fb is None else fb._running, (), lib.fa_checkpoint_save, _path(path), net._pointer,
               *(_pointer_or_none(one) for one in (fb, opt, pass_, trainer)))


def load_checkpoint(path: Path, net: Network, fb: Optional[Feedback] = None, opt: Optional[Optimizer] = None,
                    pass_: Optional[Pass] = None, trainer: Optional[Trainer] = None, flags: int = 0) -> None:
    """Read a checkpoint into objects made for the same architecture, rule and optimizer: fa_checkpoint_load(). There
    must be no views of the arrays of fb. flags: LOAD_NOT_FINITE or 0."""
    _expect(net=net, **_given(fb=fb, opt=opt, pass_=pass_, trainer=trainer))
    if fb is not None and fb._has_views():
        raise StateError(-6, f"a checkpoint makes the arrays of rule {fb.rule_name} anew, and there are views of them")
    _reraising(None if fb is None else fb._running, (), lib.fa_checkpoint_load, _path(path), net._pointer,
               *(_pointer_or_none(one) for one in (fb, opt, pass_, trainer)), _unsigned(flags, "flags", 32))


# --- learning rules ------------------------------------------------------------------------------------------------

def rules() -> Dict[str, str]:
    """Built-in rules: {name: summary}."""
    found = (lib.fa_rule_at(i).contents for i in range(lib.fa_rule_count()))
    return {rule.name.decode(): rule.summary.decode() for rule in found}


def optimizers() -> List[str]:
    """Names of the optimizers."""
    return [lib.fa_optimizer_name_at(i).decode() for i in range(lib.fa_optimizer_count())]


def real_param(name: str, default: float, low: float, high: float, doc: str = "") -> fa_param:
    """A parameter for Rule.params."""
    return fa_param(_text(name, "name"), PARAM_REAL, _real_number(default, "default"), _real_number(low, "low"),
                    _real_number(high, "high"), None, _text(doc, "doc"))


class Rule:
    """A learning rule written in Python: fa/rule.h. Derive from it and define what the rule needs.

        setup(self, setup)      declare the arrays that the rule keeps; `setup` is a Setup
        backward(self, step)    write delta_l, l = 1 .. L - 1; `step` is a Step
        local(self, step, l)    in the place of backward: write delta_l before the loss is known
        adapt(self, step)       change the rule's own arrays after the update

    An exception ends the step before anything is updated, and is the cause of the RuleError that the call raises.
    In adapt it comes too late for that: the weights are updated, the RuleError is raised afterwards. State of the rule
    belongs into attributes of the object; checkpoints hold it if the rule defines

        save(self)              that state as bytes, one at least
        load(self, state)       back from those bytes

    Loading a checkpoint, and setting a structural parameter, call setup again, even if they fail afterwards: what setup
    sets in the object starts anew then.
    Do not call the library with the objects of the step from inside the rule.
    """
    name = "python"
    summary = "a rule written in Python"
    flags = 0     # RULE_NEEDS_INCREMENT | RULE_WRITES_GRADIENT
    params = ()   # of real_param()
    setup = backward = local = adapt = save = load = None


def feedback_params() -> Dict[str, tuple]:
    """Parameters of every rule with feedback: {name: (default, min, max, choices or None, doc)}; a choice's default is
    its index."""
    count = ctypes.c_size_t()
    table = lib.fa_feedback_params(byref(count))
    return {p.name.decode(): (p.default_value, p.min, p.max, p.choices and p.choices.decode().split("|"),
                              p.doc.decode()) for p in table[:count.value]}


class Setup:
    """The making of a feedback, seen by Rule.setup; only valid there."""
    __slots__ = ("_pointer",)
    __reduce__ = _not_copied("it is only valid in the callback")

    def __init__(self, pointer, _running):
        self._pointer = pointer

    @property
    def depth(self) -> int:
        """L, the number of layers with weights."""
        return lib.fa_setup_depth(self._pointer)

    def width(self, l: int) -> int:
        """n_l, l = 0 .. L."""
        return lib.fa_setup_width(self._pointer, _unsigned(l, "l"))

    def param(self, name: str) -> float:
        """A parameter that arrays depend on: setting it later makes them anew."""
        return _real(lib.fa_setup_param, self._pointer, _text(name, "name"))

    def feedback(self, topology: int, derived: bool = False) -> None:
        """Keep "B" for every hidden layer; LAYERWISE or DIRECT. Derived: backward computes it in every step."""
        declare = lib.fa_setup_derived_feedback if derived else lib.fa_setup_feedback
        declare(self._pointer, _unsigned(topology, "topology", 31))

    def feedback_layer(self, topology: int, l: int, draw: int = DRAW_NOKLAND) -> None:
        """Keep "B" for one hidden layer, drawn as some authors do."""
        lib.fa_setup_feedback_layer(self._pointer, _unsigned(topology, "topology", 31), _unsigned(l, "l"),
                                       _unsigned(draw, "draw", 31))

    def scratch(self, name: str, l: int, rows: int, cols: int) -> None:
        """An array that means nothing beyond a step and may be written in it."""
        lib.fa_setup_scratch(self._pointer, _text(name, "name"), _unsigned(l, "l"), _unsigned(rows, "rows"),
                             _unsigned(cols, "cols"))

    def array(self, name: str, l: int, rows: int, cols: int, init: Union[str, int] = "zero",
              scale: float = 1.0) -> None:
        """Keep an array [rows x cols], drawn from the seed of the feedback; checkpoints hold it."""
        lib.fa_setup_array(self._pointer, _text(name, "name"), _unsigned(l, "l"), _unsigned(rows, "rows"),
                           _unsigned(cols, "cols"), _number(lib.fa_init_find, init, "init"),
                           _real_number(scale, "scale"))

    def increments(self, first: int) -> None:
        """With RULE_NEEDS_INCREMENT: adapt asks for those of layers first .. L only."""
        lib.fa_setup_increments(self._pointer, _unsigned(first, "first"))

    def slots(self, count: int) -> None:
        """Room for `count` further sets of activities, slots 1 .. count."""
        lib.fa_setup_slots(self._pointer, _unsigned(count, "count"))


class Step:
    """One training step, seen by Rule.backward, local and adapt; only valid there. Arrays are views of the library's
    own, read only unless said otherwise; copy what is to be kept."""
    __slots__ = ("_pointer", "_running", "_adapting")
    __reduce__ = _not_copied("it is only valid in the callback")

    def __init__(self, pointer, running, adapting=False):
        self._pointer = pointer
        self._running = running
        self._adapting = adapting

    @property
    def depth(self) -> int:
        """L, the number of layers with weights."""
        return lib.fa_step_depth(self._pointer)

    @property
    def batch(self) -> int:
        """Samples n."""
        return lib.fa_step_batch(self._pointer)

    @property
    def dtype(self) -> str:
        """float32 or float64."""
        return lib.fa_dtype_name(lib.fa_step_dtype(self._pointer)).decode()

    @property
    def number(self) -> int:
        """Steps completed."""
        return lib.fa_step_number(self._pointer)

    def width(self, l: int) -> int:
        """n_l, l = 0 .. L."""
        return lib.fa_step_width(self._pointer, _unsigned(l, "l"))

    def param(self, name: str) -> float:
        """Value of a parameter of the rule."""
        return _real(lib.fa_step_param, self._pointer, _text(name, "name"))

    def _array(self, writable, function, *arguments):
        return _view(self._running.owners, writable, function, self._pointer, *arguments)

    def activity(self, l: int, slot: int = 0) -> np.ndarray:
        """h_l [n x n_l]; of a slot above 0: may be written."""
        slot = _unsigned(slot, "slot")
        return self._array(slot > 0, lib.fa_step_activity, slot, _unsigned(l, "l"))

    def target(self) -> np.ndarray:
        """[n x n_L]."""
        return self._array(False, lib.fa_step_target)

    def delta(self, l: int) -> np.ndarray:
        """delta_l [n x n_l]; may be written for l < L."""
        l = _unsigned(l, "l")
        return self._array(l < self.depth and not self._adapting, lib.fa_step_delta, l)

    def weights(self, l: int) -> np.ndarray:
        """W_l [n_l x n_{l-1}]."""
        return self._array(False, lib.fa_step_weights, _unsigned(l, "l"))

    def bias(self, l: int) -> np.ndarray:
        """b_l [n_l]."""
        return self._array(False, lib.fa_step_bias, _unsigned(l, "l"))[0]

    def array(self, name: str, l: int, writable: bool = False) -> np.ndarray:
        """An array that setup declared; may be written in adapt, and everywhere (writable=True) if it is scratch or
        derived."""
        return self._array(self._adapting or writable, lib.fa_step_array, _text(name, "name"), _unsigned(l, "l"))

    def weights_operand(self, l: int) -> int:
        """W_{l+1} transposed, for transport() and inject()."""
        return self._operand(lib.fa_step_weights_operand(self._pointer, _unsigned(l, "l")), f"layer {l}")

    def array_operand(self, name: str, l: int) -> int:
        """A declared array, for transport() and inject()."""
        found = lib.fa_step_array_operand(self._pointer, _text(name, "name"), _unsigned(l, "l"))
        return self._operand(found, f"array {name} of layer {l}")

    @staticmethod
    def _operand(found, what):
        if found is None:
            raise ArgumentError(-1, f"there is no operand for {what}")
        return found

    def transport(self, l: int, operand: Optional[int] = None) -> None:
        """delta_l = (B_l delta_{l+1}) .* f'(z_l)"""
        if operand is None:
            lib.fa_step_transport(self._pointer, _unsigned(l, "l"))
        else:
            lib.fa_step_transport_with(self._pointer, _unsigned(l, "l"), _unsigned(operand, "operand"))

    def inject(self, l: int, operand: Optional[int] = None) -> None:
        """delta_l = (B_l e) .* f'(z_l)"""
        if operand is None:
            lib.fa_step_inject(self._pointer, _unsigned(l, "l"))
        else:
            lib.fa_step_inject_with(self._pointer, _unsigned(l, "l"), _unsigned(operand, "operand"))

    def inject_signal(self, l: int, signal: Matrix, scale: float = 1.0) -> None:
        """delta_l = scale (B_l s) .* f'(z_l) for a signal s [n x n_L]"""
        lib.fa_step_inject_signal(self._pointer, _unsigned(l, "l"), _real_number(scale, "scale"),
                                  _matrix(signal, "signal"))

    def carry(self, l: int) -> None:
        """delta_l = (W_l delta_{l-1}) .* f'(z_l)"""
        lib.fa_step_carry(self._pointer, _unsigned(l, "l"))

    def transport_through(self, l: int, left: Matrix, right: Matrix) -> None:
        """delta_l = (left right delta_{l+1}) .* f'(z_l), left [n_l x m], right [m x n_{l+1}] arrays of the step"""
        lib.fa_step_transport_through(self._pointer, _unsigned(l, "l"), _matrix(left, "left"), _matrix(right, "right"))

    def apply_mask(self, l: int) -> None:
        """delta_l through the layer's dropout mask, without f'"""
        lib.fa_step_apply_mask(self._pointer, _unsigned(l, "l"))

    def apply_slope(self, l: int) -> None:
        """delta_l = delta_l .* f'(z_l)"""
        lib.fa_step_apply_slope(self._pointer, _unsigned(l, "l"))

    def forward(self, slot: int, x: Optional[Matrix] = None, noise_slot: int = 0) -> None:
        """A further forward pass into a slot, of x [n x n_0] (None: that of the step); see fa_step_forward()."""
        lib.fa_step_forward(self._pointer, _unsigned(slot, "slot"), None if x is None else _matrix(x, "x"),
                            _unsigned(noise_slot, "noise_slot"))

    def layer(self, l: int, x: Matrix, slot: int, noise_slot: int = 0) -> None:
        """h_l = f(W_l x + noise + b_l) into a slot, x [n x n_{l-1}]; also in adapt."""
        lib.fa_step_layer(self._pointer, _unsigned(l, "l"), _matrix(x, "x"), _unsigned(noise_slot, "noise_slot"),
                          _unsigned(slot, "slot"))

    def error(self, slot: int, out: np.ndarray) -> np.ndarray:
        """e = dloss/dz_L of a slot's forward pass, into an array of the step [n x n_L]."""
        lib.fa_step_error(self._pointer, _unsigned(slot, "slot"), _matrix(out, "out", True))
        return out

    def loss(self, slot: int = 0) -> np.ndarray:
        """Loss of every sample [n], a new array."""
        losses = _numpy().empty(self.batch)
        lib.fa_step_loss(self._pointer, _unsigned(slot, "slot"), losses.ctypes.data_as(_dp))
        return losses

    def uniform(self, purpose: int, l: int, low: float, high: float, out: np.ndarray) -> np.ndarray:
        """Fill an array with U[low, high), from the stream of this step, purpose and layer."""
        lib.fa_step_uniform(self._pointer, _unsigned(purpose, "purpose", 32), _unsigned(l, "l"),
                            _real_number(low, "low"), _real_number(high, "high"),
                            _matrix(out, "out", True))
        return out

    def normal(self, purpose: int, l: int, mean: float, deviation: float, out: np.ndarray) -> np.ndarray:
        """Fill an array with N(mean, deviation^2), from the stream of this step, purpose and layer."""
        lib.fa_step_normal(self._pointer, _unsigned(purpose, "purpose", 32), _unsigned(l, "l"),
                           _real_number(mean, "mean"), _real_number(deviation, "deviation"),
                           _matrix(out, "out", True))
        return out

    def set_presynaptic(self, l: int, h: Matrix) -> None:
        """Let h [n x n_{l-1}] stand for h_{l-1} in the gradient; leave it unchanged until the update."""
        view = _matrix(h, "h")
        lib.fa_step_set_presynaptic(self._pointer, _unsigned(l, "l"), view)
        self._running.kept["h", l] = view

    def set_postsynaptic(self, l: int, signal: Matrix) -> None:
        """Let an array of the step [n x n_l] stand for delta_l in the gradient; leave it unchanged until the update."""
        view = _matrix(signal, "signal")
        lib.fa_step_set_postsynaptic(self._pointer, _unsigned(l, "l"), view)
        self._running.kept["delta", l] = view

    def gradient(self, l: int) -> Tuple[np.ndarray, Optional[np.ndarray]]:
        """(gradient of W_l, gradient of b_l [1 x n_l] or None), to be written: the mean over the batch."""
        return _two_views(self._running.owners, True, lib.fa_step_gradient, self._pointer, _unsigned(l, "l"))

    def increment(self, l: int) -> Tuple[np.ndarray, Optional[np.ndarray]]:
        """In adapt: (change of W_l, change of b_l [1 x n_l] or None) that the optimizer made."""
        return _two_views(self._running.owners, False, lib.fa_step_increment, self._pointer, _unsigned(l, "l"))

    @property
    def learning_rate(self) -> float:
        """In adapt: that of the update just made; NaN elsewhere."""
        return lib.fa_step_learning_rate(self._pointer)

    def shrink_weights(self, l: int, factor: float) -> None:
        """In adapt: W_l = factor W_l."""
        lib.fa_step_shrink_weights(self._pointer, _unsigned(l, "l"), _real_number(factor, "factor"))

    def pseudo_inverse(self, a: Matrix, out: np.ndarray) -> np.ndarray:
        """out = the Moore-Penrose inverse of a, an array of the step; not in adapt."""
        lib.fa_step_pseudo_inverse(self._pointer, _matrix(a, "a"), _matrix(out, "out", True))
        return out


def _over(self):
    raise ArgumentError(-1, f"the {type(self).__name__.lower()} is over: it is only valid in the callback")


# What they become after their callback, when the C object is gone.
_OVER = {cls: type(cls.__name__, (cls,), {"__slots__": (), "_pointer": property(_over)}) for cls in (Setup, Step)}


class _Running:
    """What the callbacks of a rule written in Python share with the call that runs them."""
    __slots__ = ("name", "owners", "kept", "raised", "interrupts")

    def __init__(self, name):
        self.name = name
        self.interrupts = None
        self.owners = ()     # what a view of this step has to keep alive
        self.kept = {}       # what the rule gave to Step.set_presynaptic() and its like, needed until the update
        self.raised = None   # the first exception of a callback


def _adapting_step(pointer, running):
    return Step(pointer, running, adapting=True)


def _callback(running, method, seen_as, fail):
    """Run a method of the rule from C: no exception may pass through C, so it waits in `running`."""
    def callback(pointer, *rest):
        seen = seen_as(pointer, running)
        try:
            _guarded(running, method, seen, *rest)
        except BaseException as exception:
            running.raised = running.raised or exception
            return fail(f"{type(exception).__name__}: {exception}".encode("utf-8", "replace"))
        finally:
            seen.__class__ = _OVER[type(seen)]
        return 0
    return callback


def _rule_struct(rule, running):
    """The fa_rule of a Rule. It owns the callbacks, and refers to `running` through them."""
    struct = fa_rule(struct_size=ctypes.sizeof(fa_rule), name=rule.name.encode(), summary=rule.summary.encode(),
                     flags=rule.flags | (RULE_LOCAL if rule.local else 0), n_params=len(rule.params))
    if rule.params:
        struct.params = (fa_param * len(rule.params))(*rule.params)
    if rule.setup:
        struct.setup = _setup_callback(_callback(running, rule.setup, Setup, lib.fa_rule_fail))
    if rule.backward:
        struct.backward = _backward_callback(_callback(running, rule.backward, Step, lib.fa_rule_fail))
    if rule.local:
        struct.local = _local_callback(_callback(running, rule.local, Step, lib.fa_rule_fail))
    if rule.adapt:
        struct.adapt = _adapt_callback(_callback(running, rule.adapt, _adapting_step, lambda sentence: None))
    if bool(rule.save) != bool(rule.load):
        raise TypeError(f"rule {rule.name}: save and load go together")
    if rule.save:
        struct.state_size = 1  # nothing is kept there: the state is the object's
        struct.save = _save_callback(_saving(running, rule))
        struct.load = _load_callback(_loading(running, rule))
    return struct


def _saving(running, rule):
    def save(_state, to, room):
        try:
            state = bytes(memoryview(_guarded(running, rule.save)))  # bytes(3) would be three zeros
        except BaseException as exception:
            running.raised = running.raised or exception
            return 0
        if len(state) <= room:
            ctypes.memmove(to, state, len(state))
        return len(state)
    return save


def _loading(running, rule):
    def load(_state, of, size):
        try:
            _guarded(running, rule.load, ctypes.string_at(of, size))
        except BaseException as exception:
            running.raised = running.raised or exception
            return lib.fa_rule_fail(f"{type(exception).__name__}: {exception}".encode("utf-8", "replace"))
        return 0
    return load


def _reraising(running, objects, function, *arguments, interrupts=None):
    """Call the library; what a rule written in Python raised meanwhile comes out here."""
    if running is None:
        function(*arguments)
        return
    if interrupts is None:
        with _Interrupts() as interrupts:
            _reraising(running, objects, function, *arguments, interrupts=interrupts)
        return
    if objects:
        *seen, batch = objects
        running.kept = {}
        running.owners = (*(one._views() for one in seen), batch)
    outer, running.interrupts = running.interrupts, interrupts
    failed = None
    try:
        function(*arguments)
    except FaError as caught:
        failed = caught
    raised, running.raised, running.owners, running.interrupts = running.raised, None, (), outer
    if raised is None:
        if failed is not None:
            raise failed
        return
    if not isinstance(raised, Exception):
        raise raised  # KeyboardInterrupt and its like
    if failed is None:
        failed = RuleError(-10, f"adapt of rule {running.name} raised {type(raised).__name__}: {raised}")
    raise failed from raised


# --- recorder ------------------------------------------------------------------------------------------------------

def quantities() -> Dict[str, fa_quantity]:
    """What a Recorder can record: fa_quantity by name."""
    table = (lib.fa_quantity_at(i).contents for i in range(lib.fa_quantity_count()))
    return {quantity.name.decode(): quantity for quantity in table}


class Recorder(_Object):
    """Diagnostics step after step, in memory and in a file: fa/recorder.h. It is a callback for AFTER_DELTAS:
    trainer.on(AFTER_DELTAS, recorder)."""

    def __init__(self, net: Network, names: Union[None, str, Sequence[str]] = None, every: int = 1) -> None:
        """`names` is a list of quantities(), or None for all whose cost is not "svd"."""
        _expect(net=net)
        try:
            chosen = None if names is None else ",".join([names] if isinstance(names, str) else names).encode()
        except TypeError:
            raise TypeError(f"names is {_words(names)}; a list of names is wanted, or None") from None
        self._own(lib.fa_recorder_destroy, lib.fa_recorder_create, net._pointer, chosen, _unsigned(every, "every"))

    __reduce__ = _not_copied("it may write a file")

    def _described(self):
        return f"{self.count} observation" + "s" * (self.count != 1)

    def open(self, path: Path, kind: int = RECORD_CSV) -> None:
        """Append rows to a file from now on: RECORD_CSV or RECORD_JSONL."""
        lib.fa_recorder_open(self._pointer, _path(path), _unsigned(kind, "kind", 31))

    def close_file(self) -> None:
        """Flush and close the file; FileError if that fails."""
        lib.fa_recorder_close(self._pointer)

    def set_threshold(self, threshold: float) -> None:
        """Threshold of the quantity "saturation", at first 0.01."""
        lib.fa_recorder_set_threshold(self._pointer, _real_number(threshold, "threshold"))

    def observe(self, net: Network, pass_: Pass, fb: Optional[Feedback], epoch: int, batch: int) -> None:
        """Take one observation, of a pass whose deltas are there; __call__() does it in a callback."""
        _expect(net=net, pass_=pass_, **_given(fb=fb))
        lib.fa_recorder_observe(self._pointer, net._pointer, pass_._pointer, None if fb is None else fb._pointer,
                                _unsigned(epoch, "epoch"), _unsigned(batch, "batch"))

    def __call__(self, progress: Progress) -> None:
        self.observe(progress.net, progress.pass_, progress.fb, progress.epoch, progress.batch)

    @property
    def count(self) -> int:
        """Observations so far."""
        return lib.fa_recorder_count(self._pointer)

    def value(self, name: str, l: int) -> float:
        """Value of a quantity at the last observation."""
        return _real(lib.fa_recorder_value, self._pointer, _text(name, "name"), _unsigned(l, "l"))


# --- random numbers and diagnostics --------------------------------------------------------------------------------

def stream(seed: int, purpose: int = PURPOSE_RAW, layer: int = 0, step: int = 0) -> fa_stream:
    """Name of a stream of random numbers: fa/random.h."""
    return fa_stream(_unsigned(seed, "seed"), _unsigned(step, "step"), _unsigned(purpose, "purpose", 32),
                     _unsigned(layer, "layer", 32))


def random_words(stream_: fa_stream, first: int, count: int) -> np.ndarray:
    """Words first .. first + count - 1 of a stream, uint64 [count]."""
    _expect(stream_=stream_)
    count = _unsigned(count, "count")
    words = _numpy().empty(count, "uint64")
    lib.fa_random_words(byref(stream_), _unsigned(first, "first"), count, words.ctypes.data_as(POINTER(c_uint64)))
    return words


def random_uniform(stream_: fa_stream, low: float, high: float, out: np.ndarray) -> np.ndarray:
    """Fill an array with U[low, high)."""
    _expect(stream_=stream_)
    lib.fa_random_uniform(byref(stream_), _real_number(low, "low"), _real_number(high, "high"),
                          _matrix(out, "out", True))
    return out


def random_normal(stream_: fa_stream, mean: float, deviation: float, out: np.ndarray) -> np.ndarray:
    """Fill an array with N(mean, deviation^2)."""
    _expect(stream_=stream_)
    lib.fa_random_normal(byref(stream_), _real_number(mean, "mean"), _real_number(deviation, "deviation"),
                         _matrix(out, "out", True))
    return out


def random_permutation(stream_: fa_stream, count: int) -> np.ndarray:
    """The numbers 0 .. count - 1 in random order, uintp [count]."""
    _expect(stream_=stream_)
    count = _unsigned(count, "count")
    order = _numpy().empty(count, "uintp")
    lib.fa_random_permutation(byref(stream_), count, order.ctypes.data_as(POINTER(c_size_t)))
    return order


def angle(a: Matrix, b: Matrix) -> float:
    """Degrees between two arrays of one shape, flattened; NaN where one is 0."""
    return _real(lib.fa_angle, _matrix(a, "a"), _matrix(b, "b"))


def weight_angle(net: Network, fb: Feedback, l: int) -> float:
    """Degrees between the transpose of W_{l+1} and B_l."""
    _expect(net=net, fb=fb)
    return _real(lib.fa_weight_angle, net._pointer, fb._pointer, _unsigned(l, "l"))


def compare_deltas(net: Network, pass_: Pass) -> List[fa_delta_report]:
    """The rule's delta_l against back-propagation's: a list of fa_delta_report, element l - 1 for layer l."""
    _expect(net=net, pass_=pass_)
    reports = (fa_delta_report * max(net.depth - 1, 1))()
    lib.fa_compare_deltas(net._pointer, pass_._pointer, reports)
    return list(reports)


def compare_pseudo_deltas(net: Network, pass_: Pass) -> List[fa_delta_report]:
    """The same against pseudo-back-propagation's deltas."""
    _expect(net=net, pass_=pass_)
    reports = (fa_delta_report * max(net.depth - 1, 1))()
    lib.fa_compare_pseudo_deltas(net._pointer, pass_._pointer, reports)
    return list(reports)


def compare_updates(net: Network, pass_: Pass) -> List[fa_update_report]:
    """The gradients of all weights against back-propagation's: a list of fa_update_report, element 0 for all layers."""
    _expect(net=net, pass_=pass_)
    reports = (fa_update_report * (net.depth + 1))()
    lib.fa_compare_updates(net._pointer, pass_._pointer, reports)
    return list(reports)


def alignment_angle(net: Network, fb: Feedback, l: int) -> float:
    """Degrees between W_l and B_l B_{l-1}^T (B_{L-1}^T for the last layer)."""
    _expect(net=net, fb=fb)
    return _real(lib.fa_alignment_angle, net._pointer, fb._pointer, _unsigned(l, "l"))


def alignment_matrix(net: Network, fb: Feedback, l: int) -> np.ndarray:
    """A_l with W_l = B_l A_l B_{l-1}^T, as a float64 array."""
    _expect(net=net, fb=fb)
    l = _unsigned(l, "l")
    a = _numpy().empty((net.width(net.depth), net.width(0 if l == 1 else net.depth)))
    lib.fa_alignment_matrix(net._pointer, fb._pointer, l, _matrix(a, "a", True))
    return a


def spectrum_of(a: Matrix) -> fa_spectrum:
    """Rank, condition and extreme singular values of an array."""
    spectrum = fa_spectrum()
    lib.fa_spectrum_of(_matrix(a, "a"), byref(spectrum))
    return spectrum


def layer_norms(net: Network, pass_: Pass, fb: Optional[Feedback] = None) -> List[fa_norm_report]:
    """Norms of weights, bias, feedback, activity and delta: a list of fa_norm_report, element l - 1 for layer l."""
    _expect(net=net, pass_=pass_, **_given(fb=fb))
    reports = (fa_norm_report * net.depth)()
    lib.fa_layer_norms(net._pointer, pass_._pointer, fb._pointer if fb is not None else None, reports)
    return list(reports)


def saturation(net: Network, pass_: Pass, threshold: float) -> List[float]:
    """Fraction of saturated activities of every layer."""
    _expect(net=net, pass_=pass_)
    fractions = (c_double * net.depth)()
    lib.fa_saturation(net._pointer, pass_._pointer, _real_number(threshold, "threshold"), fractions)
    return list(fractions)


def gradient_check(net: Network, x: Matrix, target: Matrix, step: float = 0.0) -> float:
    """Worst difference between back-propagation's gradient and central differences."""
    _expect(net=net)
    try:
        return _real(lib.fa_gradient_check, net._pointer, _matrix(x, "x"), _matrix(target, "target"),
                     _real_number(step, "step"))
    except FaError as failed:
        _advise(failed, net, x=x, target=target)
        raise


# --- estimators ----------------------------------------------------------------------------------------------------

class NotFittedError(ValueError, AttributeError):
    """predict() or its like before fit(). Where scikit-learn is loaded it is scikit-learn's NotFittedError too."""

    def __reduce__(self):
        return _not_fitted_error, self.args


def _not_fitted_error(sentence):
    module = sys.modules.get("sklearn.exceptions")
    bases = (NotFittedError,) if module is None else (NotFittedError, module.NotFittedError)
    return type("NotFittedError", bases, {"__module__": __name__})(sentence)


def _not_fitted(estimator):
    return _not_fitted_error(f"this {type(estimator).__name__} is not fitted yet: call fit() first")


def _samples(x, dtype, name="X"):
    """Numbers as an array [n x n_0] of the network's type, finite."""
    numpy = _numpy()
    if hasattr(x, "toarray"):
        raise TypeError(f"{name} is a sparse matrix; libfa takes dense arrays: {name}.toarray()")
    x = _plain(x, name)
    if x.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {name} has dtype {x.dtype}")
    if x.ndim != 2:
        raise ValueError(f"{name} has {x.ndim} dimensions; expected 2, one sample a row. Reshape your data: "
                         f"{name}.reshape(-1, 1) if it is one feature, {name}.reshape(1, -1) if it is one sample")
    for count, what in zip(x.shape, ("sample", "feature")):
        if count == 0:
            raise ValueError(f"Found array with 0 {what}(s) (shape={x.shape}) while a minimum of 1 is required.")
    with numpy.errstate(over="ignore"):
        x = numpy.ascontiguousarray(x, _ELEMENT[_dtype(dtype)][0])
    if not numpy.isfinite(x).all():
        raise ValueError(f"{name} holds NaN or infinity, or numbers too large for {x.dtype}")
    return x


@functools.lru_cache(maxsize=None)
def _has_checkpoints():
    net = Network(1)
    net.add_dense(1)
    try:
        _checkpoint_bytes(net)
    except UnsupportedError:
        return False
    return True


class _Estimator:
    """What Classifier and Regressor have in common. Nothing of scikit-learn is imported."""
    _estimator_type: str
    _loss: str
    _output: str

    def __init__(self, hidden: Union[int, Sequence[int]] = (100,), rule: Union[str, Rule] = "fa", *,
                 activation: str = "tanh", optimizer: str = "adam", learning_rate: Optional[float] = None,
                 batch: int = 32, epochs: int = 100, random_state: Any = 0, init: str = "glorot_uniform",
                 dropout: float = 0.0, shuffle: bool = True, schedule: str = "constant", patience: int = 0,
                 validation_fraction: float = 0.1, dtype: Any = "float32", threads: int = 1,
                 verbose: Optional[bool] = False, rule_params: Optional[Mapping[str, Any]] = None,
                 optimizer_params: Optional[Mapping[str, Any]] = None,
                 trainer_params: Optional[Mapping[str, Any]] = None) -> None:
        # scikit-learn's clone() wants them unchanged; what they mean is looked at in fit().
        self.hidden = hidden
        self.rule = rule
        self.activation = activation
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.batch = batch
        self.epochs = epochs
        self.random_state = random_state
        self.init = init
        self.dropout = dropout
        self.shuffle = shuffle
        self.schedule = schedule
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.dtype = dtype
        self.threads = threads
        self.verbose = verbose
        self.rule_params = rule_params
        self.optimizer_params = optimizer_params
        self.trainer_params = trainer_params

    # --- parameters

    @classmethod
    def _names(cls):
        return [name for name in inspect.signature(cls.__init__).parameters if name != "self"]

    def get_params(self, deep: bool = True) -> Dict[str, Any]:
        """{name: value} of the constructor's parameters."""
        return {name: getattr(self, name) for name in self._names()}

    def set_params(self, **params: Any) -> _Estimator:
        """Set parameters by name; the next fit() uses them."""
        names = self._names()
        for name in params:
            if name not in names:
                raise ValueError(f"Invalid parameter {name!r} for estimator {type(self).__name__}. "
                                 f"Valid parameters are: {names}")
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __repr__(self):
        defaults = {name: one.default for name, one in inspect.signature(type(self).__init__).parameters.items()}
        shown = [f"{name}={value!r}" for name, value in self.get_params().items() if value is not defaults[name]]
        return f"{type(self).__name__}({', '.join(shown)})"

    # --- fitting

    def _prepare(self, n_inputs, n_outputs):
        """New network, feedback and optimizer. The recipe is part of the interface: docs/guide/python.md."""
        hidden = self._checked_params()
        seed = _seed(self.random_state)
        net = Network(n_inputs, self.dtype)
        for width in hidden:
            net.add_dense(width, self.activation)
        net.add_dense(n_outputs, self._output)
        net.loss = self._loss
        net.init_weights(0, self.init, 1.0, seed)
        for l in range(1, net.depth):
            net.set_dropout(l, self.dropout)
        fb = Feedback(net, self.rule, seed)
        for name, value in dict(self.rule_params or {}).items():
            fb.set_param(name, value)
        rate = self.learning_rate
        if rate is None and self.optimizer == "sgd":
            rate = fb._rule.contents.learning_rate or None
        opt = Optimizer(net, self.optimizer, **({} if rate is None else {"learning_rate": rate}),
                        **(self.optimizer_params or {}))
        self.n_features_in_, self.n_outputs_, self.seed_ = n_inputs, n_outputs, seed
        self.loss_curve_, self.validation_curve_ = [], []
        self.net_, self.feedback_, self.optimizer_ = net, fb, opt

    def _checked_params(self):
        """The widths of the hidden layers; TypeError with the parameter's name where what C would say lacks it."""
        for name in ("batch", "epochs", "patience", "threads"):
            _unsigned(getattr(self, name), name)
        for name in ("dropout", "validation_fraction"):
            _real_number(getattr(self, name), name)
        for name in ("activation", "init", "schedule", "optimizer"):
            _text(getattr(self, name), name)
        for name in ("rule_params", "optimizer_params", "trainer_params"):
            value = getattr(self, name)
            if value is not None and not hasattr(value, "keys"):
                raise TypeError(f"{name} is {_words(value)}; {{name: value}} is wanted, or None")
        if isinstance(self.hidden, numbers.Integral):
            return [_unsigned(self.hidden, "hidden")]
        if isinstance(self.hidden, (str, bytes)) or not hasattr(self.hidden, "__iter__"):
            raise TypeError(f"hidden is {_words(self.hidden)}; a whole number is wanted, or several")
        return [_unsigned(width, "a width in hidden") for width in self.hidden]

    def _pass(self, n):
        pass_ = Pass(self.net_, min(self.batch, n))
        if self.threads != 1:
            pass_.set_threads(self.threads)
        return pass_

    def _fit(self, data, validation):
        n = len(data)
        if validation is None and self.patience:
            held = min(max(1, round(self.validation_fraction * n)), n - 1)
            if held == 0:
                raise ValueError("1 sample is too few for patience, which holds some out; give validation=(X, y)")
            data, validation = data.split(self.seed_, [n - held, held])
        trainer = Trainer(self.net_, self.seed_, epochs=self.epochs, batch=min(self.batch, n),
                          shuffle=bool(self.shuffle), schedule=self.schedule, patience=self.patience,
                          keep_best=validation is not None)
        for name, value in (self.trainer_params or {}).items():
            trainer[name] = value
        self.stop_ = trainer.run(self.net_, self._pass(len(data)), self.feedback_, self.optimizer_, data, validation,
                                 progress=self.verbose)
        self.loss_curve_ = [record.training.loss for record in trainer.records]
        self.validation_curve_ = [record.validation.loss for record in trainer.records if record.validation.samples]
        self.n_iter_, self.best_epoch_, self.loss_ = trainer.epochs, trainer.best, self.loss_curve_[-1]

    def _partial_fit(self, data):
        """One epoch."""
        pass_ = self._pass(len(data))
        pass_.set_dropout(self.seed_, self.optimizer_.steps)
        result = train_epoch(self.net_, pass_, self.feedback_, self.optimizer_, data, shuffle=bool(self.shuffle),
                             seed=self.seed_, epoch=len(self.loss_curve_) + 1)
        self.loss_curve_.append(result.loss)
        self.n_iter_, self.loss_ = len(self.loss_curve_), result.loss

    def _pair(self, validation):
        """X and y of the argument `validation`."""
        try:
            x, y = validation
        except (TypeError, ValueError):
            raise TypeError(f"validation is {_words(validation)}; a pair (X, y) is wanted") from None
        return x, y

    def _refuse(self, unknown):
        if "sample_weight" in unknown:
            raise TypeError(f"{type(self).__name__} takes no sample_weight: every sample counts alike. Repeat samples "
                            "in its place")
        if unknown:
            raise TypeError(f"fit() has no argument {next(iter(unknown))!r}")

    def _checked(self, x, y, fitted):
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        x = self._inputs(x) if fitted else _samples(x, self.dtype)
        y = _plain(y, "y")
        if y.ndim == 0 or len(y) != len(x):
            raise ValueError(f"X has {len(x)} samples, y has shape {y.shape}: one row or number for each is needed")
        return x, y

    def _inputs(self, x):
        if not hasattr(self, "net_"):
            raise _not_fitted(self)
        x = _samples(x, self.net_.dtype)
        if x.shape[1] != self.n_features_in_:
            raise ValueError(f"X has {x.shape[1]} features, but {type(self).__name__} is expecting "
                             f"{self.n_features_in_} features as input")
        return x

    def __getstate__(self):
        """All of it; without feedback and optimizer where this libfa has no checkpoints. It predicts then, and does not
        learn on."""
        dropped = () if _has_checkpoints() else ("feedback_", "optimizer_")
        return {name: value for name, value in self.__dict__.items() if name not in dropped}

    def __copy__(self):
        return copy.deepcopy(self)

    # --- what scikit-learn asks

    def _more_tags(self):  # until 1.5
        return {"requires_y": True, "multioutput": self._estimator_type == "regressor"}

    def __sklearn_tags__(self):  # from 1.6 on
        from sklearn.utils import ClassifierTags, RegressorTags, Tags, TargetTags  # type: ignore[import]
        classifier = self._estimator_type == "classifier"
        return Tags(estimator_type=self._estimator_type,
                    target_tags=TargetTags(required=True, multi_output=not classifier),
                    classifier_tags=ClassifierTags() if classifier else None,
                    regressor_tags=None if classifier else RegressorTags())


def _seed(random_state):
    """The seed that a number, None or one of NumPy's generators stands for."""
    if random_state is None:
        return int.from_bytes(os.urandom(8), "little")
    if isinstance(random_state, numbers.Integral):
        return _unsigned(int(random_state), "random_state")
    draw = getattr(random_state, "integers", None) or getattr(random_state, "randint", None)
    if draw is None:
        raise ValueError(f"random_state is {random_state!r}: a number, None or a generator of NumPy is needed")
    return int(draw(2 ** 31))


_PARAMETERS = """

    hidden        widths of the hidden layers, input side first; one number for one layer
    rule          name of a learning rule, see rules(), or a Rule
    activation    of the hidden layers
    optimizer     see optimizers()
    learning_rate the optimizer's default if None; that which suits the rule if the optimizer is sgd
    batch         samples in a mini-batch
    epochs        at most
    random_state  0 .. 2**64 - 1; None for another one each time; or a generator of NumPy, from which one is drawn. The
                  seed used is seed_. The same seed gives the same bits
    init          how the weights are drawn
    dropout       probability for the activities of the hidden layers
    shuffle       another order in each epoch
    schedule      of the learning rate: constant, step or cosine
    patience      stop after so many epochs without a better loss on validation data; 0 never. Without
                  fit(..., validation=...) the share validation_fraction of the samples is held out for it
    dtype         float32 or float64, for all that is computed
    threads       that share the work of a step
    verbose       True for a line of progress; None for one where a terminal or a notebook shows it
    rule_params, optimizer_params, trainer_params
                  {name: value} of whatever else Feedback.set_param(), Optimizer and Trainer know

    After fit(): n_features_in_, n_outputs_, seed_, loss_curve_ (mean training loss of each epoch, before the updates),
    validation_curve_, loss_, n_iter_ (epochs done), best_epoch_ (0 without validation data), stop_ (STOP_...); net_,
    feedback_ and optimizer_, the objects of this module. With validation data the weights are those of the best epoch.
    """


def _own_init(cls):
    """The constructor under the name of its class, for Python's sentences about its arguments."""
    shared = _Estimator.__init__
    cls.__init__ = types.FunctionType(shared.__code__, shared.__globals__, shared.__name__, shared.__defaults__)
    functools.update_wrapper(cls.__init__, shared)
    del cls.__init__.__wrapped__
    cls.__init__.__kwdefaults__ = shared.__kwdefaults__
    cls.__init__.__qualname__ = f"{cls.__name__}.__init__"
    return cls


@_own_init
class Classifier(_Estimator):
    __doc__ = """Classes from numbers, in scikit-learn's way: a softmax network trained on the cross-entropy.

    fit(X, y), X [n x n_0] numbers, y [n] labels of any kind that can be sorted; classes_ are those found, sorted.""" \
        + _PARAMETERS
    _estimator_type = "classifier"
    _loss, _output = "cross_entropy", "softmax"

    def _labels(self, y):
        numpy = _numpy()
        if y.ndim == 2 and y.shape[1] == 1:
            warnings.warn("A column-vector y was passed when a 1d array was expected: y.ravel() makes one",
                          _conversion_warning(), 4)
            y = y.ravel()
        if y.ndim != 1:
            raise ValueError(f"y has {y.ndim} dimensions: labels are one for each sample, not one-hot rows")
        if y.dtype.kind == "f":
            if not numpy.isfinite(y).all():
                raise ValueError("y holds NaN or infinity")
            if (y != numpy.floor(y)).any():
                raise ValueError("Unknown label type: continuous numbers are no classes; a Regressor learns them")
        return y

    @staticmethod
    def _sorted(labels, name="y"):
        try:
            return _numpy().unique(_plain(labels, name))
        except TypeError as error:
            if "not supported between" not in str(error):
                raise
            kinds = sorted({type(label).__name__ for label in labels})
            raise TypeError(f"{name} holds labels of types {', '.join(kinds)}, which cannot be sorted together"
                            ) from None

    def _numbers(self, y):
        """Index of every label in classes_."""
        numpy = _numpy()
        known = numpy.isin(y, self.classes_)
        if not known.all():
            raise ValueError(f"y holds {y[~known][0]!r}, which is none of the classes {list(self.classes_)}")
        return numpy.searchsorted(self.classes_, y)

    def _data(self, x, y, fitted=True):
        x, y = self._checked(x, y, fitted)
        y = self._labels(y)
        if not fitted:
            self._begin(x, self._sorted(y))
        return Dataset(x, self._numbers(y), n_classes=len(self.classes_))

    def _begin(self, x, classes):
        if len(classes) < 2:
            raise ValueError(f"there is only one class, {classes[0]!r}; a classifier needs two at least")
        self._prepare(x.shape[1], len(classes))
        self.classes_ = classes

    def fit(self, X: Any, y: Any, validation: Optional[tuple] = None, **unknown: Any) -> Classifier:
        """Learn anew. `validation` is a pair (X, y) to watch, and to stop by if `patience` is not 0."""
        self._refuse(unknown)
        data = self._data(X, y, fitted=False)
        self._fit(data, None if validation is None else self._data(*self._pair(validation)))
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None, **unknown: Any) -> Classifier:
        """Learn on: one epoch over these samples. The first call needs all classes, in `classes` or in y."""
        self._refuse(unknown)
        if not hasattr(self, "net_"):
            x, y = self._checked(X, y, False)
            self._begin(x, self._sorted(self._labels(y)) if classes is None else self._sorted(classes, "classes"))
        elif classes is not None and list(self._sorted(classes, "classes")) != list(self.classes_):
            raise ValueError(f"classes are {list(self.classes_)} since the first call, and now {list(classes)}")
        self._partial_fit(self._data(X, y))
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities [n x len(classes_)]: the softmax outputs."""
        x = self._inputs(X)
        return self.net_.predict(x)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of every sample [n]."""
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Share of the samples whose class is predicted."""
        predicted, y = self.predict(X), _plain(y, "y").reshape(-1)
        if len(y) != len(predicted):
            raise ValueError(f"X has {len(predicted)} samples, y has {len(y)}")
        return float(_numpy().average(predicted == y, weights=sample_weight))


def _conversion_warning():
    module = sys.modules.get("sklearn.exceptions")
    return UserWarning if module is None else module.DataConversionWarning


@_own_init
class Regressor(_Estimator):
    __doc__ = """Numbers from numbers, in scikit-learn's way: an identity output trained on the squared error.

    fit(X, y), X [n x n_0], y [n] or [n x n_L]; predict() gives the shape of y. Scale both: the network does not.""" \
        + _PARAMETERS
    _estimator_type = "regressor"
    _loss, _output = "squared_error", "identity"

    def _data(self, x, y, fitted=True):
        x, y = self._checked(x, y, fitted)
        if y.ndim > 2:
            raise ValueError(f"y has {y.ndim} dimensions; targets are [n] or [n x n_L]")
        target = _samples(y.reshape(len(y), -1), self.dtype, "y")
        if not fitted:
            self._prepare(x.shape[1], target.shape[1])
            self._flat = y.ndim == 1
        if target.shape[1] != self.n_outputs_:
            raise ValueError(f"y has {target.shape[1]} columns, and had {self.n_outputs_} in the first call")
        return Dataset(x, target)

    def fit(self, X: Any, y: Any, validation: Optional[tuple] = None, **unknown: Any) -> Regressor:
        """Learn anew. `validation` is a pair (X, y) to watch, and to stop by if `patience` is not 0."""
        self._refuse(unknown)
        data = self._data(X, y, fitted=False)
        self._fit(data, None if validation is None else self._data(*self._pair(validation)))
        return self

    def partial_fit(self, X: Any, y: Any, **unknown: Any) -> Regressor:
        """Learn on: one epoch over these samples."""
        self._refuse(unknown)
        self._partial_fit(self._data(X, y, fitted=hasattr(self, "net_")))
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Outputs [n] or [n x n_L], as y was."""
        x = self._inputs(X)
        outputs = self.net_.predict(x)
        return outputs[:, 0] if self._flat else outputs

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """R^2, the mean over the targets: 1 - (sum of squared errors) / (sum of squared distances from the mean)."""
        numpy = _numpy()
        predicted, y = self.predict(X), _plain(y, "y")
        if y.shape != predicted.shape:
            raise ValueError(f"y has shape {y.shape}, what is predicted has shape {predicted.shape}")
        y = _samples(y.reshape(len(y), -1), "float64", "y")
        weights = numpy.ones(len(y)) if sample_weight is None else numpy.asarray(sample_weight, "float64")
        wrong = weights @ (y - predicted.reshape(y.shape)) ** 2
        spread = weights @ (y - numpy.average(y, axis=0, weights=weights)) ** 2
        varies = spread > 0
        scores = numpy.where(varies, 1 - wrong / numpy.where(varies, spread, 1), numpy.where(wrong > 0, 0.0, 1.0))
        return float(scores.mean())
