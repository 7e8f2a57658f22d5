"""Legacy completions, embeddings, moderations and models through the official SDK."""

import base64
import math
import struct
from itertools import pairwise

import openai
import pytest

from fakeai.content.tokens import encoding

CL100K = encoding("cl100k_base")
OLD = "gpt-3.5-turbo-instruct"


# -- completions


def text(chunks):
    return "".join(choice.text for chunk in chunks for choice in chunk.choices)


def test_a_completion_goes_on_with_the_prompt(client):
    answer = client.completions.create(model=OLD, prompt="The sea is", max_tokens=12)
    assert (answer.object, answer.model) == ("text_completion", OLD)
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.prompt_tokens == CL100K.count("The sea is")
    assert answer.usage.completion_tokens == CL100K.count(answer.choices[0].text) == 12


def test_a_completion_has_16_tokens_unless_told(client):
    assert client.completions.create(model=OLD, prompt="The sea is").usage.completion_tokens == 16


def test_a_streamed_completion_says_the_same(client):
    asked = {"model": OLD, "prompt": "The sea is", "seed": 5, "max_tokens": 30}
    chunks = list(client.completions.create(stream=True, stream_options={"include_usage": True}, **asked))
    whole = client.completions.create(**asked)
    assert text(chunks) == whole.choices[0].text
    assert chunks[-1].usage == whole.usage
    assert [choice.finish_reason for chunk in chunks for choice in chunk.choices][-1] == whole.choices[0].finish_reason


def test_several_prompts_have_an_answer_each_for_each_n(client):
    answer = client.completions.create(model=OLD, prompt=["The sea is", "The sky is"], n=2, max_tokens=5)
    assert [choice.index for choice in answer.choices] == [0, 1, 2, 3]
    assert answer.usage.completion_tokens == 20
    assert answer.usage.prompt_tokens == CL100K.count("The sea is") + CL100K.count("The sky is")


def test_token_ids_are_a_prompt_too(client):
    ids = CL100K.encode("The sea is")
    asked = {"model": OLD, "max_tokens": 8, "seed": 1}
    spoken = client.completions.create(prompt="The sea is", **asked)
    assert client.completions.create(prompt=ids, **asked).choices[0].text == spoken.choices[0].text
    assert len(client.completions.create(prompt=[ids, ids[:2]], **asked).choices) == 2


@pytest.mark.parametrize("streamed", [False, True])
def test_echo_gives_the_prompt_back_first(client, streamed):
    asked = {"model": OLD, "prompt": "The sea is", "echo": True, "max_tokens": 4}
    answer = client.completions.create(stream=streamed, **asked)
    said = text(answer) if streamed else answer.choices[0].text
    assert said.startswith("The sea is")
    assert CL100K.count(said) == CL100K.count("The sea is") + 4


def test_best_of_pays_for_what_it_throws_away(client):
    answer = client.completions.create(model=OLD, prompt="The sea is", best_of=3, max_tokens=6)
    assert len(answer.choices) == 1
    assert answer.usage.completion_tokens == 18


@pytest.mark.parametrize("streamed", [False, True])
def test_a_completions_logprobs_are_lists_side_by_side(client, streamed):
    answer = client.completions.create(
        model=OLD, prompt="The sea is", logprobs=3, max_tokens=6, seed=2, stream=streamed
    )
    parts = [choice for chunk in answer for choice in chunk.choices] if streamed else answer.choices
    probabilities = [part.logprobs for part in parts if part.logprobs]
    tokens = [token for found in probabilities for token in found.tokens]
    assert "".join(tokens) == "".join(part.text for part in parts)
    assert len(tokens) == 6
    offsets = [offset for found in probabilities for offset in found.text_offset]
    assert [later - earlier for earlier, later in pairwise(offsets)] == [len(token) for token in tokens[:-1]]
    for found in probabilities:
        for token, logprob, top in zip(found.tokens, found.token_logprobs, found.top_logprobs, strict=True):
            assert logprob <= 0
            assert top[token] == logprob


def test_a_suffix_is_accepted_and_stop_works(client):
    answer = client.completions.create(model=OLD, prompt="The sea is", suffix=" The end.", stop=".", max_tokens=60)
    assert "." not in answer.choices[0].text
    assert answer.choices[0].finish_reason == "stop"


def test_a_chat_model_has_no_completions(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.completions.create(model="gpt-4o", prompt="x")
    assert "chat model" in caught.value.message


# -- embeddings


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize(
    ("model", "size"),
    [("text-embedding-3-small", 1536), ("text-embedding-3-large", 3072), ("text-embedding-ada-002", 1536)],
)
def test_a_vector_has_its_models_size_and_length_one(client, model, size):
    answer = client.embeddings.create(model=model, input="The sea is blue.", encoding_format="float")
    vector = answer.data[0].embedding
    assert len(vector) == size
    assert math.isclose(cosine(vector, vector), 1, abs_tol=1e-6)
    assert answer.usage.prompt_tokens == answer.usage.total_tokens == CL100K.count("The sea is blue.")


@pytest.mark.parametrize("size", [1, 256, 1024])
def test_fewer_dimensions_are_still_of_length_one(client, size):
    vector = (
        client.embeddings.create(model="text-embedding-3-large", input="The sea", dimensions=size).data[0].embedding
    )
    assert len(vector) == size
    assert math.isclose(cosine(vector, vector), 1, abs_tol=1e-6)


def test_base64_holds_the_same_vector(client):
    asked = {"model": "text-embedding-3-small", "input": "The sea"}
    floats = client.embeddings.create(encoding_format="float", **asked).data[0].embedding
    raw = client.embeddings.create(encoding_format="base64", **asked).data[0].embedding
    assert struct.unpack(f"<{len(floats)}f", base64.b64decode(raw)) == pytest.approx(floats, abs=1e-7)
    assert client.embeddings.create(**asked).data[0].embedding == pytest.approx(floats, abs=1e-7)


def test_several_inputs_keep_their_order_and_token_ids_are_texts(client):
    inputs = ["one fish", "two fish", "red fish"]
    answer = client.embeddings.create(model="text-embedding-3-small", input=inputs)
    assert [one.index for one in answer.data] == [0, 1, 2]
    ids = client.embeddings.create(model="text-embedding-3-small", input=[CL100K.encode(one) for one in inputs])
    assert [one.embedding for one in ids.data] == [one.embedding for one in answer.data]
    assert ids.usage == answer.usage


def test_what_means_the_same_is_closer(client):
    inputs = [
        "How do I reset my password?",
        "I forgot my password, how can I change it?",
        "My password needs to be reset",
        "The recipe calls for two cups of flour",
        "Stock prices fell sharply on Monday",
    ]
    vectors = [one.embedding for one in client.embeddings.create(model="text-embedding-3-small", input=inputs).data]
    near = [cosine(vectors[0], other) for other in vectors[1:3]]
    far = [cosine(vectors[0], other) for other in vectors[3:]]
    assert min(near) > max(far) + 0.1


@pytest.mark.parametrize("wrong", ["", [], [""], [[]]])
def test_nothing_cannot_be_embedded(client, wrong):
    with pytest.raises(openai.BadRequestError):
        client.embeddings.create(model="text-embedding-3-small", input=wrong)


def test_an_old_model_has_its_dimensions_and_no_others(client):
    with pytest.raises(openai.BadRequestError) as caught:
        client.embeddings.create(model="text-embedding-ada-002", input="x", dimensions=5)
    assert "dimensions" in caught.value.message


# -- moderations


def test_threats_are_flagged_and_harmless_words_are_not(client):
    threat, kind = client.moderations.create(
        input=["I will kill you and your family.", "The sea is calm today."]
    ).results
    assert threat.flagged
    assert threat.categories.violence
    assert threat.category_scores.violence > 0.5
    assert not kind.flagged
    assert max(value for value in kind.category_scores.to_dict().values()) < 0.1


def test_scores_follow_the_text_and_stay_the_same(client):
    scores = [client.moderations.create(input="I hate you.").results[0].category_scores for _ in range(2)]
    assert scores[0] == scores[1]


def test_omni_tells_what_kind_of_input_it_judged_and_text_models_do_not(client):
    parts = [{"type": "text", "text": "calm"}, {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]
    omni = client.moderations.create(model="omni-moderation-latest", input=parts)
    assert len(omni.results) == 1
    assert omni.results[0].category_applied_input_types.violence == ["text", "image"]
    old = client.moderations.create(model="text-moderation-latest", input="calm").results[0]
    assert old.to_dict().keys() == {"flagged", "categories", "category_scores"}


# -- models


def test_the_models_are_many_and_each_can_be_had(client):
    models = list(client.models.list())
    assert len(models) >= 60
    assert len({model.id for model in models}) == len(models)
    assert client.models.retrieve("gpt-4o").to_dict() == next(
        model.to_dict() for model in models if model.id == "gpt-4o"
    )
    assert all(model.object == "model" and model.created and model.owned_by for model in models)


def test_an_unknown_model_is_not_found(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("gpt-nobody")
    assert caught.value.code == "model_not_found"


def test_a_fine_tune_is_there_from_its_first_use_and_can_be_deleted(client):
    name = f"ft:gpt-4o-mini-2024-07-18:acme::{client.base_url.host}"  # deleted for all clients, once it is
    assert client.chat.completions.create(model=name, messages=[{"role": "user", "content": "hi"}]).model == name
    assert client.models.retrieve(name).id == name
    gone = client.models.delete(name)
    assert (gone.id, gone.deleted) == (name, True)
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve(name)


def test_a_base_model_cannot_be_deleted(client):
    with pytest.raises(openai.APIStatusError) as caught:
        client.models.delete("gpt-4o")
    assert caught.value.status_code in (403, 404)
