import LatencyModels

/// llama.cpp's information pages.
enum LlamaCppPages {
  static func models(_ model: SimModel, _ backend: Backend) -> JSON {
    let details: JSON = [
      "parent_model": "", "format": "gguf", "family": "", "families": [""],
      "parameter_size": "", "quantization_level": "",
    ]
    let lookalike: JSON = [
      "name": .string(model.id), "model": .string(model.id), "modified_at": "", "size": "",
      "digest": "", "type": "model", "description": "", "tags": [""],
      "capabilities": JSON(strings: ["completion"] + (model.sees ? ["multimodal"] : [])),
      "parameters": "", "details": details,
    ]
    return ["models": [lookalike], "object": "list", "data": [entry(model)]]
  }

  /// The OpenAI half of the list.
  static func entry(_ model: SimModel) -> JSON {
    [
      "id": .string(model.id), "aliases": [.string(model.id)], "tags": [], "object": "model",
      "architecture": architecture(model), "created": .int(unixNow()), "owned_by": "llamacpp",
      "meta": meta(model),
    ]
  }

  static func architecture(_ model: SimModel) -> JSON {
    let inputs = model.sees ? ["text", "image"] : ["text"]
    return ["input_modalities": JSON(strings: inputs), "output_modalities": ["text"]]
  }

  static func meta(_ model: SimModel) -> JSON {
    [
      "vocab_type": 1, "n_vocab": 262144, "n_ctx": .int(model.context), "n_ctx_train": 32768,
      "n_embd": 640, "n_params": 268_098_176, "size": .int(model.size), "ftype": "Q4_K - Medium",
    ]
  }

  static func slots(_ backend: Backend) -> JSON {
    let context = backend.models[0].context
    return .array(
      (0..<backend.slots.limit).map { index in
        let isBusy = index < backend.slots.running
        let slot: JSON = [
          "id": .int(index), "n_ctx": .int(context), "speculative": false,
          "is_processing": .bool(isBusy),
        ]
        guard isBusy else { return slot }
        return slot.adding([
          "id_task": .int(1000 + index), "n_prompt_tokens": 331, "n_prompt_tokens_processed": 236,
          "n_prompt_tokens_cache": 0, "params": ["n_predict": -1, "stream": true],
          "next_token": [
            [
              "has_next_token": true, "has_new_line": true, "n_remain": 55, "n_decoded": 95,
            ]
          ],
        ])
      })
  }

  static func props(_ model: SimModel, _ backend: Backend) -> JSON {
    let tools = JSON.bool(model.callsTools)
    return [
      "default_generation_settings": ["params": parameters, "n_ctx": .int(model.context)],
      "total_slots": .int(backend.slots.limit), "model_alias": .string(model.id),
      "model_ftype": "Q4_K - Medium", "model_path": .string("models/\(model.id).gguf"),
      "modalities": ["vision": .bool(model.sees), "video": false, "audio": false],
      "media_marker": "<__media_PXcbl2dq08aSFQORpMBdtelDbyJcVb14__>", "endpoint_slots": true,
      "endpoint_props": false, "endpoint_metrics": .bool(!backend.plan.hidesMetrics), "ui": false,
      "ui_settings": [:],
      "chat_template": "{%- for message in messages -%}{{ message.content }}{%- endfor -%}",
      "chat_template_caps": [
        "supports_object_arguments": false, "supports_parallel_tool_calls": tools,
        "supports_preserve_reasoning": false, "supports_reasoning_effort": .bool(model.thinks),
        "supports_string_content": true, "supports_system_role": true,
        "supports_tool_calls": tools, "supports_tools": tools, "supports_typed_content": false,
      ],
      "bos_token": "<bos>", "eos_token": "<eos>", "build_info": "b0-unknown",
      "is_sleeping": false, "cors_proxy_enabled": false,
    ]
  }

  private static let parameters: JSON = [
    "seed": 4_294_967_295, "temperature": 0.800000011920929, "top_k": 40,
    "top_p": 0.949999988079071, "min_p": 0.05000000074505806, "max_tokens": -1, "n_predict": -1,
    "stream": false, "chat_format": "Content-only", "reasoning_format": "none",
    "samplers": ["penalties", "dry", "top_n_sigma", "top_k", "typ_p", "top_p", "min_p"],
    "timings_per_token": false, "lora": [],
  ]

  static func metrics(_ backend: Backend) -> String {
    let values: [(String, String, String, Int)] = [
      ("prompt_tokens_total", "counter", "Number of prompt tokens processed", backend.promptTokens),
      (
        "tokens_predicted_total", "counter", "Number of generation tokens processed",
        backend.completionTokens
      ),
      (
        "predicted_tokens_seconds", "gauge", "Average generation throughput in tokens/s",
        Int(backend.latency.tokensPerSecond)
      ),
      (
        "requests_processing", "gauge", "Number of requests processing", backend.slots.running
      ),
      ("requests_deferred", "gauge", "Number of requests deferred", backend.slots.waiting),
    ]
    return values.map { name, type, help, value in
      "# HELP llamacpp:\(name) \(help)\n# TYPE llamacpp:\(name) \(type)\nllamacpp:\(name) \(value)\n"
    }.joined()
  }
}
