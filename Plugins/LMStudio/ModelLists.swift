import DriverKit

/// The two lists of LM Studio that say more than names.
enum ModelLists {
  /// `/api/v1/models`, since 0.4.0. The window in force and the slots are those of the loaded
  /// instance; what is written on the model itself is only the most that it could do.
  static func newest(_ document: JSONDocument) -> ModelList {
    var list = ModelList()
    document.forEachElement(document.member("models")) { entry in
      var model = Model(document.text(entry, "key"))
      model.trained = document.count(entry, "max_context_length") ?? 0
      model.disk = document.count(entry, "size_bytes") ?? 0
      readKind(document, entry, &model.abilities)
      let abilities = document.member(entry, "capabilities")
      model.abilities.set(Abilities.vision, document.bool(document.member(abilities, "vision")))
      model.abilities.set(
        Abilities.tools, document.bool(document.member(abilities, "trained_for_tool_use")))
      if document.member(abilities, "reasoning")?.kind == .object {
        model.abilities.set(Abilities.reasoning, true)
      }
      readInstances(document, document.member(entry, "loaded_instances"), &model)
      list.add(model)
    }
    return list
  }

  /// `/api/v0/models`, since 0.3.6.
  static func older(_ document: JSONDocument) -> ModelList {
    OpenAIModels.read(document) { entry, model in
      readKind(document, entry, &model.abilities)
      model.trained = document.count(entry, "max_context_length") ?? 0
      model.context = document.count(entry, "loaded_context_length") ?? 0
      let state = document.text(entry, "state")
      if ByteText.equals(state, "loaded") { model.state = .loaded }
      if ByteText.equals(state, "loading") { model.state = .loading }
      if ByteText.equals(state, "not-loaded") { model.state = .unloaded }
      let words = document.member(entry, "capabilities")
      if words?.kind == .array {
        model.abilities.set(Abilities.tools, OpenAIModels.contains(document, words, "tool_use"))
      }
    }
  }

  private static func readKind(
    _ document: JSONDocument, _ entry: JSONNode, _ abilities: inout Abilities
  ) {
    let kind = document.text(entry, "type")
    if ByteText.hasPrefix(kind, "embedding") { return abilities.setEmbeddingOnly() }
    let isSeeing = ByteText.equals(kind, "vlm")
    guard isSeeing || ByteText.equals(kind, "llm") else { return }
    abilities.set(Abilities.chat | Abilities.completions | Abilities.json, true)
    abilities.set(Abilities.embeddings, false)
    if isSeeing { abilities.set(Abilities.vision, true) }
  }

  private static func readInstances(
    _ document: JSONDocument, _ instances: JSONNode?, _ model: inout Model
  ) {
    guard instances?.kind == .array else { return }
    model.state = .unloaded
    document.forEachElement(instances) { instance in
      let settings = document.member(instance, "config")
      model.slots += document.count(settings, "parallel") ?? 0
      if model.state == .loaded { return }
      model.state = .loaded
      model.context = document.count(settings, "context_length") ?? 0
      let id = document.text(instance, "id")
      model.instance = id == model.id ? [] : id
    }
  }
}
