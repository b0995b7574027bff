import Drivers

/// A model on a backend that answers to a name.
///
/// Indices into a snapshot and plain numbers, so that routing looks at lists of them without
/// touching an object, and a list costs nothing to hand around.
public struct Candidate: Equatable, Sendable {
  /// Place of the backend in `FleetSnapshot.members`.
  public let member: Int
  /// Place of the model in `FleetMember.models`.
  public let model: Int
  /// What the backend's driver can do; empty while the backend is not identified.
  public let operations: OperationSet
  /// Abilities that the model is known to lack.
  public let lacks: Abilities
  /// The model's window in tokens; 0 unknown.
  public let contextTokens: UInt64

  init(member: Int, of description: FleetMember, model: Int) {
    self.member = member
    self.model = model
    operations = description.backend.kind?.driver.descriptor.operations ?? []
    lacks = description.models[model].lacks
    contextTokens = description.models[model].contextTokens
  }
}
