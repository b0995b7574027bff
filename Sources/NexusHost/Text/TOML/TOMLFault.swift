/// One mistake in a TOML text: where it stands, what is wrong and how to mend it.
public struct TOMLFault: Error, Equatable, Sendable {
  public let place: TOMLPlace
  /// One or two sentences on one line. Words of the text stand in single quotes.
  public let message: String

  public init(place: TOMLPlace, message: String) {
    self.place = place
    self.message = message
  }
}
