import Testing
import Text

@testable import Drivers
@testable import Gateway

/// Names that are used again, or kept without an object of their own, are still the same names.
@Suite struct KeptNameTests {
  private func read(_ name: String, after known: ModelRequest?) throws -> ModelRequest {
    let body = Array(#"{"model":"\#(name)","messages":[]}"#.utf8)
    var outline = RequestOutline()
    let kept = known.map(ModelName.init) ?? ModelName()
    return try ModelRequest.read(.chat, body.span, scratch: &outline, known: kept)
  }

  @Test func aModelIsWhatTheBodySaysWhateverWasAskedForBefore() throws {
    let names = [
      ("llama", "llama"), (#"a\\nb"#, #"a\nb"#), (#"a\nb"#, "a\nb"), (#"\u0061\nb"#, "a\nb"),
      ("llamb", "llamb"), ("modèle", "modèle"), ("m", "m"),
    ]
    for (first, _) in names {
      let known = try read(first, after: nil)
      for (written, meant) in names {
        let request = try read(written, after: known)
        #expect(request.modelText == meant, "after \(first)")
        #expect(request.model == Array(meant.utf8), "after \(first)")
      }
    }
  }

  @Test func anIDComesBackAsItWas() {
    var ids = RequestIDs(seed: 7)
    var own: [UInt8] = []
    for _ in 0..<100 {
      ids.next(&own)
      #expect(KeptID(own).bytes == own)
      #expect(KeptID(own) == KeptID(own))
      var other = own
      other[.random(in: 0..<own.count)] ^= 1
      #expect(KeptID(own) != KeptID(other))
    }
    for id in ["", "a", "twenty-one characters", "nineteen characters"] {
      #expect(KeptID(Array(id.utf8)).bytes == Array(id.utf8))
      #expect(KeptID(Array(id.utf8)) != KeptID(own))
    }
  }
}
