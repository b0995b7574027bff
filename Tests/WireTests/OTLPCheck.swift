import Foundation

/// Reads an ExportTraceServiceRequest in its JSON form and accepts nothing but what the definition of
/// OTLP 1 has: names in lowerCamelCase, ids in hexadecimal, numbers of 64 bits as strings.
enum OTLPCheck {
  typealias Object = [String: Any]

  static func read(
    _ body: [UInt8]
  ) throws(CaseFailure) -> (resource: [String: String], spans: [CollectedSpan]) {
    let root = try object(try? JSONSerialization.jsonObject(with: Data(body)), "the body")
    try only(root, ["resourceSpans"])
    let list = try array(root["resourceSpans"], "resourceSpans")
    guard list.count == 1 else { throw CaseFailure("\(list.count) resourceSpans") }
    try only(list[0], ["resource", "scopeSpans"])
    let resource = try object(list[0]["resource"], "resource")
    try only(resource, ["attributes"])
    var spans: [CollectedSpan] = []
    for scoped in try array(list[0]["scopeSpans"], "scopeSpans") {
      try only(scoped, ["scope", "spans"])
      let scope = try object(scoped["scope"], "scope")
      try only(scope, ["name", "version"])
      guard scope["name"] as? String == "nexus", scope["version"] is String else {
        throw CaseFailure("scope: \(scope)")
      }
      for one in try array(scoped["spans"], "spans") { spans.append(try span(one)) }
    }
    guard !spans.isEmpty, Set(spans.map(\.id)).count == spans.count else {
      throw CaseFailure("ids of spans: \(spans.map(\.id))")
    }
    return (try attributes(resource["attributes"]), spans)
  }

  private static func span(_ object: Object) throws(CaseFailure) -> CollectedSpan {
    try only(
      object,
      [
        "traceId", "spanId", "parentSpanId", "flags", "name", "kind", "startTimeUnixNano",
        "endTimeUnixNano", "attributes", "status",
      ])
    var span = CollectedSpan()
    span.trace = try id(object["traceId"], 32)
    span.id = try id(object["spanId"], 16)
    if let parent = object["parentSpanId"] { span.parent = try id(parent, 16) }
    span.name = try text(object["name"], "name")
    span.kind = try number(object["kind"], 1...5)
    span.flags = try number(object["flags"], 0...0x3FF)
    span.start = try long(object["startTimeUnixNano"])
    span.end = try long(object["endTimeUnixNano"])
    guard span.start <= span.end, !span.name.isEmpty else {
      throw CaseFailure("span: \(object)")
    }
    span.attributes = try attributes(object["attributes"])
    if let status = object["status"] {
      let status = try Self.object(status, "status")
      try only(status, ["code", "message"])
      span.isError = try number(status["code"], 0...2) == 2
      if let message = status["message"] { span.message = try text(message, "message") }
    }
    return span
  }

  private static func attributes(_ value: Any?) throws(CaseFailure) -> [String: String] {
    var result: [String: String] = [:]
    for attribute in try array(value, "attributes") {
      try only(attribute, ["key", "value"])
      let key = try text(attribute["key"], "key")
      let typed = try object(attribute["value"], key)
      guard typed.count == 1, result[key] == nil, let (type, value) = typed.first else {
        throw CaseFailure("attribute \(key): \(typed)")
      }
      switch type {
      case "stringValue": result[key] = try text(value, key)
      case "intValue":
        guard let digits = value as? String, Int64(digits) != nil else {
          throw CaseFailure("\(key) is no string of an integer: \(value)")
        }
        result[key] = digits
      case "doubleValue":
        guard let number = value as? NSNumber, !isFlag(number) else {
          throw CaseFailure("\(key) is no number: \(value)")
        }
        result[key] = "\(number.doubleValue)"
      case "boolValue":
        guard let flag = value as? NSNumber, isFlag(flag) else {
          throw CaseFailure("\(key) is no boolean: \(value)")
        }
        result[key] = "\(flag.boolValue)"
      default: throw CaseFailure("\(key) has a \(type)")
      }
    }
    return result
  }

  // MARK: Values

  private static func only(_ object: Object, _ names: Set<String>) throws(CaseFailure) {
    let unknown = Set(object.keys).subtracting(names)
    guard unknown.isEmpty else { throw CaseFailure("OTLP knows no \(unknown) there") }
  }

  private static func object(_ value: Any?, _ what: String) throws(CaseFailure) -> Object {
    guard let object = value as? Object else { throw CaseFailure("\(what) is no object") }
    return object
  }

  private static func array(_ value: Any?, _ what: String) throws(CaseFailure) -> [Object] {
    guard let array = value as? [Object] else { throw CaseFailure("\(what) is no array") }
    return array
  }

  private static func text(_ value: Any?, _ what: String) throws(CaseFailure) -> String {
    guard let text = value as? String else { throw CaseFailure("\(what) is no string") }
    return text
  }

  private static func number(
    _ value: Any?, _ range: ClosedRange<Int>
  ) throws(CaseFailure) -> Int {
    guard let number = value as? NSNumber, !isFlag(number), range.contains(number.intValue) else {
      throw CaseFailure("\(value ?? "nothing") is no number in \(range)")
    }
    return number.intValue
  }

  private static func long(_ value: Any?) throws(CaseFailure) -> UInt64 {
    guard let text = value as? String, let number = UInt64(text), number > 0 else {
      throw CaseFailure("\(value ?? "nothing") is no time")
    }
    return number
  }

  private static func id(_ value: Any?, _ length: Int) throws(CaseFailure) -> String {
    let id = try text(value, "an id")
    guard id.utf8.count == length, id.allSatisfy({ "0123456789abcdef".contains($0) }),
      id.contains(where: { $0 != "0" })
    else { throw CaseFailure("'\(id)' is no id") }
    return id
  }

  private static func isFlag(_ number: NSNumber) -> Bool {
    number.objCType.pointee == 0x63 || number.objCType.pointee == 0x42
  }
}
