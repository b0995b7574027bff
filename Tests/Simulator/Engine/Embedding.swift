import LatencyModels

/// Small deterministic vectors: equal texts get equal ones.
enum Embedding {
  static let dimensions = 16

  static func vector(_ text: String, dimensions: Int = dimensions) -> [Float] {
    var random = Random(seed: Random.hash(text.utf8))
    let raw = (0..<dimensions).map { _ in Float(random.fraction() * 2 - 1) }
    let length = raw.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
    return raw.map { $0 / length }
  }

  /// The vector as JSON numbers, or as base64 of little-endian 32-bit floats.
  static func json(_ vector: [Float], base64: Bool) -> JSON {
    guard base64 else { return .array(vector.map { .double(Double($0)) }) }
    var bytes: [UInt8] = []
    for number in vector {
      let bits = number.bitPattern
      bytes += (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
    }
    return .string(encode(bytes))
  }

  /// The texts of an `input`: a string, strings, or arrays of token numbers.
  static func inputs(_ input: JSON?) -> [String]? {
    switch input {
    case .string(let text): return [text]
    case .array(let items):
      if items.allSatisfy({ $0.int != nil }) { return [JSON.array(items).text()] }
      return items.map { $0.string ?? $0.text() }
    default: return nil
    }
  }

  private static func encode(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var out = ""
    var index = 0
    while index < bytes.count {
      let group = bytes[index..<min(index + 3, bytes.count)]
      var bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      var letters: [Character] = []
      for place in 0..<4 {
        letters.insert(place < 3 - group.count ? "=" : alphabet[bits & 63], at: 0)
        bits >>= 6
      }
      out += String(letters)
      index += 3
    }
    return out
  }
}

extension Embedding {
  /// The list in OpenAI's shape, for the request `body`.
  static func openAI(_ inputs: [String], model: String, _ body: JSON) -> JSON {
    let isBase64 = body["encoding_format"]?.string == "base64"
    let size = body["dimensions"]?.int ?? dimensions
    let data = inputs.enumerated().map { index, text -> JSON in
      [
        "object": "embedding", "index": .int(index),
        "embedding": json(vector(text, dimensions: min(size, 4096)), base64: isBase64),
      ]
    }
    let tokens = JSON.int(inputs.reduce(0) { $0 + ($1.utf8.count + 3) / 4 + 1 })
    return [
      "object": "list", "data": .array(data), "model": .string(model),
      "usage": ["prompt_tokens": tokens, "total_tokens": tokens],
    ]
  }
}
