import DriverKit

/// An entry of `/v1/models`.
enum ListedModel {
  /// Completes a model. `meta.n_ctx` is the window of one slot, `n_ctx_train` the model's own; a
  /// router adds `status`.
  static func read(_ document: JSONDocument, _ entry: JSONNode, _ model: inout Model) {
    let meta = document.member(entry, "meta")
    model.context = document.count(meta, "n_ctx") ?? 0
    model.trained = document.count(meta, "n_ctx_train") ?? 0
    model.disk = document.count(meta, "size") ?? 0
    OpenAIModels.readModalities(document, entry, &model.abilities)
    // A grammar forces JSON out of any model. Whether it makes vectors is announced nowhere.
    model.abilities.set(Abilities.chat | Abilities.completions | Abilities.json, true)
    document.forEachElement(document.member(entry, "aliases")) { alias in
      let name = document.string(alias) ?? []
      if model.alias.isEmpty, name != model.id { model.alias = name }
    }
    let status = document.member(entry, "status")
    model.state = status == nil ? .loaded : state(document, status)
  }

  private static func state(_ document: JSONDocument, _ status: JSONNode?) -> Model.State {
    if document.bool(document.member(status, "failed")) == true { return .failed }
    let value = document.text(status, "value")
    if ByteText.equals(value, "loaded") || ByteText.equals(value, "sleeping") { return .loaded }
    if ByteText.equals(value, "loading") { return .loading }
    if ByteText.equals(value, "failed") { return .failed }
    return ByteText.equals(value, "unloaded") ? .unloaded : .unknown
  }
}

/// What `/props` says.
struct Properties {
  let isRouter: Bool
  let version: [UInt8]
  let slots: UInt64
  let isSleeping: Bool
  let hasSlots: Bool
  let hasMetrics: Bool
  private let context: UInt64
  private let vision: Bool?
  private let audio: Bool?
  private let tools: Bool?
  private let reasoning: Bool?

  init(_ document: JSONDocument) {
    let modalities = document.member("modalities")
    let template = document.member("chat_template_caps")
    isRouter = document.equals(document.member("role"), "router")
    version = document.text(document.root, "build_info")
    slots = document.count(document.root, "total_slots") ?? 0
    isSleeping = document.bool(document.member("is_sleeping")) ?? false
    hasSlots = document.bool(document.member("endpoint_slots")) ?? false
    hasMetrics = document.bool(document.member("endpoint_metrics")) ?? false
    context = document.count(document.member("default_generation_settings"), "n_ctx") ?? 0
    vision = document.bool(document.member(modalities, "vision"))
    audio = document.bool(document.member(modalities, "audio"))
    tools = document.bool(document.member(template, "supports_tools"))
    let effort = document.bool(document.member(template, "supports_reasoning_effort"))
    let kept = document.bool(document.member(template, "supports_preserve_reasoning"))
    // A template may think without any of these marks, so their absence proves nothing.
    reasoning = effort == true || kept == true ? true : nil
  }

  /// Completes the model that these are the properties of.
  func apply(_ model: inout Model) {
    if context != 0 { model.context = context }
    if slots != 0 { model.slots = slots }
    model.abilities.set(Abilities.vision, vision)
    model.abilities.set(Abilities.audio, audio)
    model.abilities.set(Abilities.tools, tools)
    model.abilities.set(Abilities.reasoning, reasoning)
  }
}

/// What runs and waits.
enum Figures {
  /// From `/metrics`.
  static func metrics(_ answer: Answer) -> Load {
    var load = Load()
    guard answer.isSuccess else { return load }
    let text = PrometheusText(answer.body)
    load.running = gauge(text.sum("llamacpp:requests_processing"))
    load.waiting = gauge(text.sum("llamacpp:requests_deferred"))
    return load
  }

  /// From `/slots`, which does not tell what waits.
  static func slots(_ answer: Answer) -> Load {
    var load = Load()
    guard let document = answer.json, document.root.kind == .array else { return load }
    var running: UInt64 = 0
    document.forEachElement(document.root) { slot in
      load.slots += 1
      if document.bool(document.member(slot, "is_processing")) == true { running += 1 }
    }
    load.running = running
    return load
  }
}
