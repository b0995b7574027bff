import DriverKit

/// Brings a model into memory, unless it is there: loading it again would make a second instance.
final class Loading: Conversation {
  private enum Step { case list, load }

  private var step = Step.list
  private var model: [UInt8] = []

  override func begin(_ operation: Operation, _ sink: Sink) -> Verdict {
    model = operation.model
    sink.get("/api/v1/models")
    return .send
  }

  override func answered(_ answer: Answer, _ sink: Sink) -> Verdict {
    switch step {
    case .list:
      guard let document = answer.json, document.member("models")?.kind == .array else {
        return failWithoutList(answer, sink)
      }
      if !Instances.find(document, model).isEmpty { return loaded(sink) }
      step = .load
      sink.post("/api/v1/models/load", requestBody("{\"model\":", model))
      return .send
    case .load:
      guard let document = answer.json, document.member("error") == nil else {
        return sink.fail(answer, judge: judgeRefusal)
      }
      return loaded(sink)
    }
  }

  private func loaded(_ sink: Sink) -> Verdict {
    sink.report(progress: 1000, "loaded")
    return .done
  }
}

/// Removes every instance of a model from memory, or the one that is named.
final class Unloading: Conversation {
  /// The most instances that are removed; a machine holds a few at most.
  private static let limit = 24

  private var hasList = false
  private var model: [UInt8] = []
  private var instances: [[UInt8]] = []

  override func begin(_ operation: Operation, _ sink: Sink) -> Verdict {
    model = operation.model
    sink.get("/api/v1/models")
    return .send
  }

  override func answered(_ answer: Answer, _ sink: Sink) -> Verdict {
    if !hasList {
      guard let document = answer.json, document.member("models")?.kind == .array else {
        return failWithoutList(answer, sink)
      }
      hasList = true
      instances = Array(Instances.find(document, model).prefix(Self.limit))
    } else if answer.json == nil || answer.json?.member("error") != nil {
      return sink.fail(answer, judge: judgeRefusal)
    }
    guard let instance = instances.popLast() else { return .done }
    sink.post("/api/v1/models/unload", requestBody("{\"instance_id\":", instance))
    return .send
  }
}

private enum Instances {
  /// The loaded instances of the model that is called `name`, or the instance of that name.
  static func find(_ document: JSONDocument, _ name: [UInt8]) -> [[UInt8]] {
    var found: [[UInt8]] = []
    document.forEachElement(document.member("models")) { entry in
      let isModel = document.text(entry, "key") == name
      document.forEachElement(document.member(entry, "loaded_instances")) { instance in
        let id = document.text(instance, "id")
        if !id.isEmpty, isModel || id == name { found.append(id) }
      }
    }
    return found
  }
}

private func requestBody(_ start: StaticString, _ name: [UInt8]) -> [UInt8] {
  var json = ByteText.bytes(start)
  JSONWriter.appendString(name, to: &json)
  json.append(UInt8(ascii: "}"))
  return json
}

/// Servers before 0.4.0 load on the first request for a model and have no other way.
private func failWithoutList(_ answer: Answer, _ sink: Sink) -> Verdict {
  if answer.isSuccess || answer.status == 404 {
    return sink.fail(.unsupported, "this version of LM Studio loads models only when they are used")
  }
  return sink.fail(answer, judge: judgeRefusal)
}
