/// A part of the page that is replaced as a whole when it has changed.
struct PageSection: Sendable {
  /// Which it is: the `id` of its element.
  let name: StaticString
  /// Its element and all in it.
  let html: [UInt8]
}
