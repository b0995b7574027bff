import DriverKit

/// A model as Ollama describes it in `/api/tags`, `/api/ps` and `/api/show`.
enum ListedModel {
  /// An entry of `/api/tags`.
  static func read(_ document: JSONDocument, _ entry: JSONNode) -> Model {
    var model = Model(name(document, entry))
    let latest: StaticString = ":latest"
    if ByteText.hasSuffix(model.id, latest) {
      model.alias = Array(model.id.dropLast(latest.utf8CodeUnitCount))
    }
    model.disk = document.count(entry, "size") ?? 0
    model.trained = document.count(document.member(entry, "details"), "context_length") ?? 0
    // Listed here, but computed on the vendor's machines: the prompt leaves the house.
    model.isRemote =
      !document.text(entry, "remote_host").isEmpty || !document.text(entry, "remote_model").isEmpty
      || ByteText.hasSuffix(model.id, ":cloud") || ByteText.hasSuffix(model.id, "-cloud")
    if model.isRemote { model.state = .loaded }
    readCapabilities(document, document.member(entry, "capabilities"), &model.abilities)
    return model
  }

  /// The name by which requests call it.
  static func name(_ document: JSONDocument, _ entry: JSONNode) -> [UInt8] {
    let name = document.text(entry, "name")
    return name.isEmpty ? document.text(entry, "model") : name
  }

  /// An entry of `/api/ps`: only here stands the window in force.
  static func readLoaded(_ document: JSONDocument, _ entry: JSONNode, _ model: inout Model) {
    model.state = .loaded
    model.context = document.count(entry, "context_length") ?? 0
    let video = document.count(entry, "size_vram") ?? 0
    model.memory = video != 0 ? video : document.count(entry, "size") ?? 0
  }

  /// The answer of `/api/show`.
  static func readShown(_ document: JSONDocument, _ model: inout Model) {
    readCapabilities(document, document.member("capabilities"), &model.abilities)
    if model.trained == 0 {
      document.forEachMember(document.member("model_info")) { key, value in
        let name = document.string(key) ?? []
        guard ByteText.hasSuffix(name, ".context_length") else { return }
        model.trained = UInt64(max(document.integer(value) ?? 0, 0))
      }
    }
    if model.context == 0 { model.context = windowInParameters(document) }
  }

  /// The window that the model file asks for: a line `num_ctx 8192` of its parameters.
  private static func windowInParameters(_ document: JSONDocument) -> UInt64 {
    let text = document.text(document.root, "parameters")
    let key: StaticString = "num_ctx "
    guard let start = ByteText.firstIndex(of: key, in: text.span) else { return 0 }
    return ByteText.decimal(text.span, from: start + key.utf8CodeUnitCount) ?? 0
  }

  private static func readCapabilities(
    _ document: JSONDocument, _ words: JSONNode?, _ abilities: inout Abilities
  ) {
    guard words?.kind == .array, document.count(words) > 0 else { return }
    func has(_ word: StaticString) -> Bool { OpenAIModels.contains(document, words, word) }
    abilities.set(Abilities.chat | Abilities.completions | Abilities.json, has("completion"))
    abilities.set(Abilities.embeddings, has("embedding"))
    abilities.set(Abilities.vision, has("vision"))
    abilities.set(Abilities.tools, has("tools"))
    abilities.set(Abilities.reasoning, has("thinking"))
    abilities.set(Abilities.audio, has("audio"))
  }
}
