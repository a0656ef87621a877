"""For make_safetensors.py: sound containers that say something wrong of the network or of what trains it."""
import copy

from safetensors_parts import GONE, WEIGHTS, changed, compact, container, lay

LAYERS = [{"kind": "dense", "outputs": 2, "activation": "tanh", "bias": True},
          {"kind": "dense", "outputs": 2, "activation": "identity", "bias": False}]
SETTINGS = {"frozen": False, "dropout": 0.0, "held_norm": 0.0, "pruned": False}
NETWORK = {"dtype": "float32", "inputs": 3, "loss": "squared_error", "layers": LAYERS}
FEEDBACK = {"rule": "fa", "seed": "7", "steps": "6", "params": {},
            "feedback_params": {"feedback_form": "dense", "feedback_density": 0.1, "feedback_rank": 10.0,
                                "feedback_draw": "rule",
                                "feedback_scale": 1.0}, "weights": [], "regenerated": []}
OPTIMIZER = {"optimizer": "adam", "steps": "6", "schedule": 1.0,
             "params": {"learning_rate": 0.05, "gradient_scale": 1.0, "clip_norm": 0.0, "unscaled_weight_decay": 0.0,
                        "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "amsgrad": "no", "weight_decay": 0.0},
             "moments": ["exp_avg", "exp_avg_sq"]}
PASS = {"dropout": True, "seed": "5", "step": "6"}
TRAINER = {"seed": "5", "params": {"epochs": 4.0, "batch": 0.0, "shuffle": "yes", "keep_best": "yes"},
           "epochs": "2", "best": "1", "stop": 0, "best_weights": True, "running": True, "batches": "1",
           "frozen_spans": [{"layer": 2, "first": "1", "last": "18446744073709551615"}]}
WHOLE = {"network": {**NETWORK, "layers": [{**layer, **SETTINGS} for layer in LAYERS]}, "feedback": FEEDBACK,
         "optimizer": OPTIMIZER, "pass": PASS, "trainer": TRAINER}
MOMENTS = {f"optimizer.{name}.{moment}": (dtype, shape, [0.125 + (moment == "exp_avg_sq")] * len(values))
           for moment in OPTIMIZER["moments"] for name, (dtype, shape, values) in WEIGHTS.items()}
STATE = {
    "optimizer.rate_factors": ("F64", [2, 2], [1.0, 0.5, 1.0, 1.0]),
    "optimizer.updates": ("U64", [2], [6, 5]),
    "trainer.loss_sum": ("F64", [1], [3.5]),
    "trainer.records.counts": ("U64", [2, 4], [8, 3, 8, 4, 3, 1, 0, 0]),
    "trainer.records.values": ("F64", [2, 5],
                               [0.75, 0.375, 0.5, 0.5, 1.0, 1.25, 0.25, float("nan"), float("nan"), 1.0]),
    **WEIGHTS, **MOMENTS,
    "rule.B.1": ("F32", [2, 2], [0.5, -0.5, 0.25, 1.0]),
    **{"trainer.best." + name: tensor for name, tensor in WEIGHTS.items()},
}


def replaced(value, path, new):
    """A copy with another value at the end of a path of names and places."""
    value = copy.deepcopy(value)
    place = value
    for step in path[:-1]:
        place = place[step]
    if new is GONE:
        del place[path[-1]]
    elif isinstance(path[-1], int) and path[-1] == len(place):
        place.append(new)
    else:
        place[path[-1]] = new
    return value


def metadata(parts, **more):
    """The strings of a file with these parts: {name: object or text}."""
    strings = {"format": "libfa", "libfa.format": "1", "libfa.version": "0.4.0"}
    strings.update({"libfa." + name: part if isinstance(part, str) else compact(part) for name, part in parts.items()})
    strings.update({name.replace("_", "."): value for name, value in more.items()})
    return {name: value for name, value in strings.items() if value is not GONE}


def described(strings, tensors):
    header, data = lay(tensors, strings)
    return container(compact(header), data)


# Objects with one value changed: name: (path, value). The first step of a path is the part.
NETWORKS = {
    "dtype_missing": (("dtype",), GONE), "dtype_number": (("dtype",), 32), "dtype_unknown": (("dtype",), "float16"),
    "dtype_other": (("dtype",), "float64"),
    "inputs_missing": (("inputs",), GONE), "inputs_text": (("inputs",), "3"), "inputs_real": (("inputs",), 3.0),
    "inputs_negative": (("inputs",), -3), "inputs_0": (("inputs",), 0), "inputs_2_31": (("inputs",), 1 << 31),
    "inputs_other": (("inputs",), 4), "inputs_huge": (("inputs",), (1 << 31) - 1),
    "loss_missing": (("loss",), GONE), "loss_number": (("loss",), 1), "loss_unknown": (("loss",), "hinge"),
    "loss_unfit": (("loss",), "cross_entropy"),
    "layers_missing": (("layers",), GONE), "layers_object": (("layers",), {}), "layers_none": (("layers",), []),
    "layers_numbers": (("layers", 1), 2),
    "layers_more": (("layers", 2), LAYERS[1]),
    "layers_less": (("layers", 1), GONE),
    "kind_missing": (("layers", 0, "kind"), GONE), "kind_number": (("layers", 0, "kind"), 1),
    "kind_unknown": (("layers", 0, "kind"), "convolution"),
    "outputs_missing": (("layers", 0, "outputs"), GONE), "outputs_text": (("layers", 0, "outputs"), "2"),
    "outputs_negative": (("layers", 0, "outputs"), -2), "outputs_0": (("layers", 0, "outputs"), 0),
    "outputs_2_31": (("layers", 0, "outputs"), 1 << 31), "outputs_huge": (("layers", 0, "outputs"), (1 << 31) - 1),
    "outputs_other": (("layers", 0, "outputs"), 3),
    "activation_missing": (("layers", 0, "activation"), GONE), "activation_number": (("layers", 0, "activation"), 2),
    "activation_unknown": (("layers", 0, "activation"), "swish"),
    "activation_softmax": (("layers", 0, "activation"), "softmax"),
    "bias_missing": (("layers", 0, "bias"), GONE), "bias_number": (("layers", 0, "bias"), 1),
    "bias_without": (("layers", 1, "bias"), True), "bias_unsaid": (("layers", 0, "bias"), False),
    "frozen_missing": (("layers", 1, "frozen"), GONE), "frozen_number": (("layers", 0, "frozen"), 0),
    "dropout_missing": (("layers", 0, "dropout"), GONE), "dropout_1": (("layers", 0, "dropout"), 1.0),
    "dropout_negative": (("layers", 0, "dropout"), -0.5), "dropout_infinite": (("layers", 0, "dropout"), "-inf"),
    "dropout_text": (("layers", 0, "dropout"), "0.5"),
    "held_norm_missing": (("layers", 1, "held_norm"), GONE), "held_norm_negative": (("layers", 1, "held_norm"), -1.0),
    "held_norm_infinite": (("layers", 1, "held_norm"), "inf"),
    "pruned_missing": (("layers", 1, "pruned"), GONE), "pruned_text": (("layers", 1, "pruned"), "no"),
    "pruned_without": (("layers", 1, "pruned"), True),
}
PARTS = {
    "rule_missing": (("feedback", "rule"), GONE),
    "rule_number": (("feedback", "rule"), 1),
    "rule_other": (("feedback", "rule"), "dfa"),
    "seed_missing": (("feedback", "seed"), GONE), "seed_number": (("feedback", "seed"), 7),
    "seed_negative": (("feedback", "seed"), "-7"), "seed_empty": (("feedback", "seed"), ""),
    "seed_hex": (("feedback", "seed"), "0x7"), "seed_2_64": (("feedback", "seed"), "18446744073709551616"),
    "seed_long": (("feedback", "seed"), "9" * 1000), "seed_space": (("feedback", "seed"), " 7"),
    "steps_missing": (("feedback", "steps"), GONE), "steps_real": (("feedback", "steps"), 6.5),
    "params_missing": (("feedback", "params"), GONE), "params_array": (("feedback", "params"), []),
    "params_unknown": (("feedback", "params", "depth"), 1.0),
    "form_other": (("feedback", "feedback_params", "feedback_form"), "sparse"),
    "form_unknown": (("feedback", "feedback_params", "feedback_form"), "circular"),
    "form_number": (("feedback", "feedback_params", "feedback_form"), 0),
    "density_other": (("feedback", "feedback_params", "feedback_density"), 0.5),
    "density_2": (("feedback", "feedback_params", "feedback_density"), 2.0),
    "rank_half": (("feedback", "feedback_params", "feedback_rank"), 1.5),
    "rank_huge": (("feedback", "feedback_params", "feedback_rank"), 1e9),
    "scale_text": (("feedback", "feedback_params", "feedback_scale"), "1"),
    "scale_infinite": (("feedback", "feedback_params", "feedback_scale"), "inf"),
    "shared_params_missing": (("feedback", "feedback_params"), GONE),
    "shared_params_unknown": (("feedback", "feedback_params", "feedback_color"), 1.0),
    "weights_missing": (("feedback", "weights"), GONE), "weights_0": (("feedback", "weights"), [0]),
    "weights_last": (("feedback", "weights"), [2]), "weights_text": (("feedback", "weights"), ["1"]),
    "weights_2_62": (("feedback", "weights"), [1 << 62]), "weights_twice": (("feedback", "weights"), [1, 1]),
    "drawn_missing": (("feedback", "regenerated"), GONE),
    "drawn_more": (("feedback", "regenerated"), [{"layer": 1, "init": "uniform", "scale": 1.0, "seed": "7", "step": "0"}]),
    "optimizer_missing": (("optimizer", "optimizer"), GONE), "optimizer_other": (("optimizer", "optimizer"), "sgd"),
    "optimizer_steps": (("optimizer", "steps"), "six"),
    "optimizer_steps_2_64": (("optimizer", "steps"), "18446744073709551615"),
    "optimizer_steps_few": (("optimizer", "steps"), "5"),
    "schedule_missing": (("optimizer", "schedule"), GONE), "schedule_negative": (("optimizer", "schedule"), -1.0),
    "schedule_infinite": (("optimizer", "schedule"), "inf"), "schedule_text": (("optimizer", "schedule"), "half"),
    "rate_missing": (("optimizer", "params"), GONE),
    "rate_negative": (("optimizer", "params", "learning_rate"), -0.05),
    "rate_huge": (("optimizer", "params", "learning_rate"), 1e31),
    "rate_infinite": (("optimizer", "params", "learning_rate"), "inf"),
    "rate_text": (("optimizer", "params", "learning_rate"), "0.05"),
    "beta_1": (("optimizer", "params", "beta1"), 1.0),
    "amsgrad_number": (("optimizer", "params", "amsgrad"), 1),
    "amsgrad_without": (("optimizer", "params", "amsgrad"), "yes"),
    "params_of_sgd": (("optimizer", "params", "momentum"), 0.5),
    "moments_missing": (("optimizer", "moments"), GONE), "moments_object": (("optimizer", "moments"), {}),
    "moments_unknown": (("optimizer", "moments"), ["momentum_buffer"]),
    "moments_number": (("optimizer", "moments"), [1]),
    "moments_without": (("optimizer", "moments", 2), "max_exp_avg_sq"),
    "pass_dropout_missing": (("pass", "dropout"), GONE), "pass_dropout_number": (("pass", "dropout"), 1),
    "pass_seed": (("pass", "seed"), 5), "pass_step": (("pass", "step"), "-6"),
    "trainer_seed": (("trainer", "seed"), GONE), "trainer_params_missing": (("trainer", "params"), GONE),
    "trainer_params_unknown": (("trainer", "params", "workers"), 4.0),
    "trainer_params_half": (("trainer", "params", "batch"), 2.5),
    "epochs_missing": (("trainer", "epochs"), GONE), "epochs_number": (("trainer", "epochs"), 2),
    "epochs_1": (("trainer", "epochs"), "1"), "epochs_huge": (("trainer", "epochs"), "1000000000000000"),
    "epochs_2_64": (("trainer", "epochs"), "18446744073709551615"), "epochs_0": (("trainer", "epochs"), "0"),
    "best_missing": (("trainer", "best"), GONE),
    "best_later": (("trainer", "best"), "3"),
    "best_none": (("trainer", "best"), "0"),
    "stop_missing": (("trainer", "stop"), GONE),
    "stop_text": (("trainer", "stop"), "early"),
    "stop_unknown": (("trainer", "stop"), 9),
    "stop_negative": (("trainer", "stop"), -1), "best_weights_missing": (("trainer", "best_weights"), GONE),
    "best_weights_unsaid": (("trainer", "best_weights"), False), "running_number": (("trainer", "running"), 1),
    "running_not": (("trainer", "running"), False), "batches_missing": (("trainer", "batches"), GONE),
    "batches_real": (("trainer", "batches"), 1.0), "spans_missing": (("trainer", "frozen_spans"), GONE),
    "spans_numbers": (("trainer", "frozen_spans"), [1]),
    "spans_layer_0": (("trainer", "frozen_spans", 0, "layer"), 0),
    "spans_layer_9": (("trainer", "frozen_spans", 0, "layer"), 9),
    "spans_first_0": (("trainer", "frozen_spans", 0, "first"), "0"),
    "spans_reversed": (("trainer", "frozen_spans", 0), {"layer": 1, "first": "3", "last": "2"}),
    "spans_last_missing": (("trainer", "frozen_spans", 0, "last"), GONE),
}
B = STATE["rule.B.1"]
TENSORS = {
    "feedback_without": ("rule.B.1", GONE), "feedback_shape": ("rule.B.1", ("F32", [4], B[2])),
    "feedback_dtype": ("rule.B.1", ("U32", [2, 2], [1, 2, 3, 4])),
    "feedback_not_finite": ("rule.B.1", ("F32", [2, 2], [0.5, float("inf"), 0.25, 1.0])),
    "feedback_extra": ("rule.B.2", B),
    "feedback_state": ("rule.state", ("U8", [3], [1, 2, 3])),
    "mask_extra": ("layers.0.weight_mask", ("F32", [2, 3], [1.0] * 6)),
    "factors_without": ("optimizer.rate_factors", GONE),
    "factors_shape": ("optimizer.rate_factors", ("F64", [4], [1.0] * 4)),
    "factors_negative": ("optimizer.rate_factors", ("F64", [2, 2], [1.0, 1.0, -1.0, 1.0])),
    "updates_dtype": ("optimizer.updates", ("F64", [2], [6.0, 6.0])),
    "updates_many": ("optimizer.updates", ("U64", [2], [6, 7])),
    "moments_not_finite": ("optimizer.layers.1.weight.exp_avg", ("F32", [2, 2], [0.0, 0.0, float("nan"), 0.0])),
    "moments_squares": ("optimizer.layers.1.weight.exp_avg_sq", ("F32", [2, 2], [0.0, 0.0, -0.5, 0.0])),
    "moments_tensor": ("optimizer.layers.0.bias.exp_avg", GONE),
    "moments_extra": ("optimizer.layers.1.bias.exp_avg", WEIGHTS["layers.0.bias"]),
    "loss_sum_without": ("trainer.loss_sum", GONE), "loss_sum_shape": ("trainer.loss_sum", ("F64", [], [1.0])),
    "records_without": ("trainer.records.values", GONE),
    "records_columns": ("trainer.records.counts", ("U64", [2, 3], [1] * 6)),
    "records_bytes": ("trainer.records.counts", ("U8", [2, 4], [1] * 8)),
    "best_without": ("trainer.best.layers.0.bias", GONE),
    "best_not_finite": ("trainer.best.layers.0.bias", ("F32", [2], [float("nan"), 0.0])),
    "whole_extra": ("optimiser.updates", ("U64", [2], [6, 6])),
}
MASKS = {"mask_half": [1.0, 0.5, 1.0, 1.0], "mask_negative": [1.0, -1.0, 1.0, 1.0],
         "mask_not_finite": [1.0, float("nan"), 0.0, 0.0]}


def open_files():
    def of(network, tensors=None, **more):
        return described(metadata({"network": network}, **more), tensors or WEIGHTS)

    yield "good", of(NETWORK)
    yield "good_whole", of(WHOLE["network"])
    yield "good_version", of(NETWORK, libfa_version="99.0.0")
    yield "metadata_none", described(None, WEIGHTS)
    yield "metadata_torch", described({"format": "pt"}, WEIGHTS)
    yield "format_missing", of(NETWORK, libfa_format=GONE)
    yield "format_later", of(NETWORK, libfa_format="2")
    yield "format_empty", of(NETWORK, libfa_format="")
    yield "network_missing", described(metadata({}), WEIGHTS)
    yield "network_empty", of("")
    yield "network_array", of("[]")
    yield "network_cut", of(compact(NETWORK)[:-1])
    yield "network_twice", of(compact(NETWORK).replace('"inputs":3', '"inputs":3,"inputs":3'))
    yield "network_deep", of('{"layers":' + "[" * 8 + "]" * 8 + "}")
    for name, (path, value) in NETWORKS.items():
        settings = name.split("_")[0] in ("frozen", "dropout", "held", "pruned")
        yield name, of(replaced(WHOLE["network"] if settings else NETWORK, path, value))
    pruned = replaced(WHOLE["network"], ("layers", 1, "pruned"), True)
    for name, values in {"good_pruned": [1.0, 0.0, 1.0, 1.0], **MASKS}.items():
        yield name, of(pruned, changed(WEIGHTS, "layers.1.weight_mask", ("F32", [2, 2], values)))
    yield "mask_shape", of(pruned, changed(WEIGHTS, "layers.1.weight_mask", ("F32", [4], [1.0] * 4)))
    yield "weight_missing", of(NETWORK, changed(WEIGHTS, "layers.1.weight", GONE))
    yield "weight_dtype", of(NETWORK, changed(WEIGHTS, "layers.1.weight", ("U32", [2, 2], [1, 2, 3, 4])))
    yield "weight_extra", of(NETWORK, changed(WEIGHTS, "weight", WEIGHTS["layers.0.bias"]))


def checkpoint_files():
    yield "good", described(metadata(WHOLE), STATE)
    for name in WHOLE:
        yield "without_" + name, described(metadata({key: part for key, part in WHOLE.items() if key != name}), STATE)
        yield "array_" + name, described(metadata({**WHOLE, name: "[]"}), STATE)
        yield "cut_" + name, described(metadata({**WHOLE, name: compact(WHOLE[name])[:-1]}), STATE)
    for name, (path, value) in {**PARTS, **{"net_" + key: (("network", *path), value)
                                            for key, (path, value) in NETWORKS.items()}}.items():
        yield name, described(metadata(replaced(WHOLE, path, value)), STATE)
    for name, (tensor, value) in TENSORS.items():
        yield name, described(metadata(WHOLE), changed(STATE, tensor, value))
    yield "format_missing", described(metadata(WHOLE, libfa_format=GONE), STATE)
    yield "format_later", described(metadata(WHOLE, libfa_format="2"), STATE)
    regenerated = replaced(WHOLE, ("feedback", "feedback_params", "feedback_form"), "regenerated")
    entry = {"layer": 1, "init": "uniform", "scale": 1.0, "seed": "7", "step": "0"}
    lists = {"none": [], "numbers": [1], "twice": [entry, entry]}
    for name, member, value in (("good", "step", "0"), ("layer_2", "layer", 2), ("layer_0", "layer", 0),
                                ("init", "init", "cauchy"), ("init_missing", "init", GONE), ("scale", "scale", -1.0),
                                ("scale_infinite", "scale", "inf"), ("seed", "seed", 7), ("step", "step", "1"),
                                ("step_missing", "step", GONE)):
        lists[name] = [replaced(entry, (member,), value)]
    for name, value in lists.items():
        yield "regenerated_" + name, described(metadata(replaced(regenerated, ("feedback", "regenerated"), value)),
                                               changed(STATE, "rule.B.1", GONE))
