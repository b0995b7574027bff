/// What a client takes, as its Accept header field says (RFC 9110 §12.5.1). Pure.
public enum AcceptField {
  /// How much a client likes the best of some media types, from 0 for not at all to 1.
  ///
  /// `isMeant` tells whether a type that the field names is one of them; type and parameters are in
  /// small letters. What stands for any type names none.
  public static func quality(
    in field: String, of isMeant: (_ type: String, _ parameters: [String]) -> Bool
  ) -> Double {
    var best = 0.0
    for range in field.split(separator: ",") {
      let parts = range.split(separator: ";").map { part in
        part.filter { $0 != " " && $0 != "\t" }.lowercased()
      }
      guard let type = parts.first, isMeant(type, Array(parts.dropFirst())) else { continue }
      let weight = parts.dropFirst().first { $0.hasPrefix("q=") }
      best = max(best, weight.map { Double($0.dropFirst(2)) ?? 0 } ?? 1)
    }
    return best
  }
}
