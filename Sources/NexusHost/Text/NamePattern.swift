/// A model's name or a pattern of names, as configurations hold them.
public struct NamePattern: Sendable {
  /// As it was given.
  public let text: String
  /// Whether it stands for one name.
  public let isLiteral: Bool
  /// How many bytes stand before the first that means more than itself.
  public let literalPrefix: Int
  private let glob: Glob?
  private let matchesIfBroken: Bool

  private static let special = Array("*?[]{}\\".utf8)

  /// `ifBroken`: what a pattern matches that cannot be read.
  public init(_ text: String, ifBroken: Broken = .nothing) {
    self.text = text
    literalPrefix = text.utf8.prefix { !Self.special.contains($0) }.count
    isLiteral = literalPrefix == text.utf8.count
    glob = isLiteral ? nil : try? Glob(text)
    matchesIfBroken = ifBroken == .everything
  }

  /// What a pattern matches that cannot be read.
  public enum Broken { case nothing, everything }

  /// Whether the name is the one meant, or one of those meant.
  public func matches(_ name: String) -> Bool {
    if isLiteral { return name == text }
    return glob?.matches(name) ?? matchesIfBroken
  }
}
