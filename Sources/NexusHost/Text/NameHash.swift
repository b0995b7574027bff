/// A number for a name that is the same in every run: FNV-1a of its UTF-8, 64 bits. Not for names that
/// an outsider may choose to collide.
public enum NameHash {
  public static func of(_ name: String) -> UInt64 { of(bytes: name.utf8) }

  /// The same for any bytes, which may follow those of which `hash` was made.
  public static func of(
    bytes: some Sequence<UInt8>, after hash: UInt64 = 0xCBF2_9CE4_8422_2325
  ) -> UInt64 {
    bytes.reduce(hash) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}
