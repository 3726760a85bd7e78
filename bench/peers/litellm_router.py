# SPDX-License-Identifier: Apache-2.0
"""LiteLLM's Router on asyncio with one deployment, and its own defaults."""

import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it fetches its price list when imported

from litellm import Router

from bench.peers.async_loop import Call, serve
from bench.peers.tally import Payload, Setup, versions


def connect(setup: Setup) -> Call:
    """One router for all calls."""
    model = setup.payloads[0]["model"]
    deployment = {"model": f"openai/{model}", "api_base": setup.base_url, "api_key": setup.api_key}
    router = Router(model_list=[{"model_name": model, "litellm_params": deployment}])

    async def call(payload: Payload) -> str:
        completion = await router.acompletion(**payload)
        return str(completion.choices[0].message.content)

    return call


if __name__ == "__main__":
    serve(connect, versions("litellm", "openai"))
