/// Reads `GET /v1/models` of the OpenAI protocol, with the additions that servers make to it.
public enum OpenAIModels {
  /// Whether the document is such a list. Its `data` may be null where nothing is installed.
  public static func isList(_ document: JSONDocument) -> Bool {
    let data = document.member("data")
    return document.equals(document.member("object"), "list")
      && (data == nil || data?.kind == .array || data?.kind == .null)
  }

  /// Whether any entry is owned by `owner`.
  public static func hasOwner(_ document: JSONDocument, _ owner: StaticString) -> Bool {
    var found = false
    document.forEachElement(document.member("data")) { entry in
      if document.equals(document.member(entry, "owned_by"), owner) { found = true }
    }
    return found
  }

  /// The models of the list, each completed by `fill`.
  public static func read(
    _ document: JSONDocument, _ fill: (JSONNode, inout Model) -> Void
  ) -> ModelList {
    var list = ModelList()
    document.forEachElement(document.member("data")) { entry in
      var model = Model(document.text(entry, "id"))
      fill(entry, &model)
      list.add(model)
    }
    return list
  }

  /// Notes what `architecture.input_modalities` says, as llama.cpp and OpenRouter write it.
  public static func readModalities(
    _ document: JSONDocument, _ entry: JSONNode, _ abilities: inout Abilities
  ) {
    let inputs = document.member(document.member(entry, "architecture"), "input_modalities")
    guard inputs?.kind == .array else { return }
    abilities.set(Abilities.vision, contains(document, inputs, "image"))
    abilities.set(Abilities.audio, contains(document, inputs, "audio"))
  }

  /// Whether `array` holds the string `text`.
  public static func contains(
    _ document: JSONDocument, _ array: JSONNode?, _ text: StaticString
  ) -> Bool {
    var found = false
    document.forEachElement(array) { if document.equals($0, text) { found = true } }
    return found
  }
}
