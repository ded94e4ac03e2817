"""What columns are usually called, by role and, where they are called otherwise there, by task.

Names of a later tier count only where no column has a name of an earlier one. Names are compared in the form
``y_true``.
"""

from __future__ import annotations


def _tiers(*lines: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(line.split()) for line in lines)


NAMES = {
    "truth": _tiers(
        "truth y_true ytrue ground_truth groundtruth gt true_label label_true true_class label labels target targets "
        "gold gold_label",
        "y actual expected true observed class outcome reference correct_answer",
    ),
    "prediction": _tiers(
        "prediction predictions pred preds predicted y_pred ypred yhat y_hat predicted_label pred_label label_pred "
        "predicted_class pred_class",
        "output predicted_value guess answer forecast estimate",
    ),
    "score": _tiers(
        "confidence conf pred_confidence prediction_confidence",
        "score prob probability max_prob max_probability pred_score pred_prob top_score",
    ),
    "id": _tiers("id sample_id"),
    "time": _tiers("time timestamp datetime event_time predicted_at created_at", "date ts when day logged_at"),
    "image": _tiers("image thumbnail", "img picture photo image_bytes"),
    "question": _tiers("question query user_input", "prompt input instruction"),
    "contexts": _tiers(
        "contexts retrieved_contexts context retrieved_documents", "documents passages chunks sources retrieved docs"
    ),
    "judge": _tiers(
        "judge judge_score llm_judge judge_verdict judge_label grade", "reward correct is_correct passed verdict rating"
    ),
    "faithfulness": _tiers("faithfulness groundedness faithfulness_score groundedness_score"),
    "tools": _tiers("tool_errors tool_call_errors", "tool_calls tool_results", "trace trajectory messages steps"),
}
_RETRIEVAL = {
    "truth": _tiers(
        "relevant relevant_ids relevant_docs relevant_documents gold_ids gold_docs qrels",
        *map(" ".join, NAMES["truth"]),
    ),
    "prediction": _tiers(
        "retrieved retrieved_ids retrieved_docs retrieved_documents ranking ranked results hits",
        *map(" ".join, NAMES["prediction"]),
    ),
}
_GENERATION = {
    "truth": _tiers(
        "reference references reference_answer expected_answer gold_answer ground_truth ground_truths correct_answer",
        "truth target expected gold expected_output label",
    ),
    "prediction": _tiers(
        "answer response generated_answer model_answer", "prediction output completion generation model_output",
        "last_assistant_message",
    ),
}  # fmt: skip
_TOP_K = {
    "prediction": _tiers(
        "top_k topk ranked ranking ranked_labels", *map(" ".join, NAMES["prediction"])
    ),
}  # fmt: skip
BY_TASK = {"retrieval": _RETRIEVAL, "generation": _GENERATION, "top-k": _TOP_K}


def names_of(role: str, task: str | None) -> tuple[frozenset[str], ...]:
    """The tiers of names of a role in a task (None: whichever it is)."""
    return BY_TASK.get(task or "", {}).get(role, NAMES[role])
