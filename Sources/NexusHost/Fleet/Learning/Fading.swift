/// How what was learned loses its weight while time goes by.
enum Fading {
  /// What is left of 1 after so many milliseconds: a half, a quarter, an eighth after each
  /// `halfLife`, straight lines between. Cheap, since plans ask it of every candidate.
  static func kept(_ milliseconds: UInt64, halfLife: Double) -> Double {
    let halvings = Double(milliseconds) / halfLife
    guard halvings < 50 else { return 0 }
    let whole = Int(halvings)
    return (1 - (halvings - Double(whole)) / 2) / Double(1 << whole)
  }
}
