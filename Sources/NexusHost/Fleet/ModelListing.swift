import Drivers
import Text

/// The JSON of `GET /v1/models`: OpenAI's list with what other clients look for added
/// (Anthropic's `type`, `display_name`, `created_at` and paging members).
enum ModelListing {
  private struct Row {
    let model: Model
    let owner: String
  }

  /// All models of backends that are up, sorted by id, then owner.
  static func list(_ fleet: FleetSnapshot) -> [UInt8] {
    var rows: [Row] = []
    for member in fleet.members where member.isRoutable {
      for model in member.models where model.isUsable {
        rows.append(Row(model: model, owner: member.backend.name))
      }
    }
    rows.sort { ($0.model.id, $0.owner) < ($1.model.id, $1.owner) }
    var out: [UInt8] = []
    out.reserveCapacity(rows.count * 320 + 64)
    JSONWriter.appendRaw("{\"object\":\"list\",\"data\":[", to: &out)
    let moment = UTCTime(unixSeconds: fleet.created).text
    for (position, row) in rows.enumerated() {
      if position > 0 { out.append(UInt8(ascii: ",")) }
      append(row, created: fleet.created, moment: moment, to: &out)
    }
    JSONWriter.appendRaw("],\"has_more\":false,\"first_id\":", to: &out)
    appendIdentifier(rows.first, to: &out)
    JSONWriter.appendRaw(",\"last_id\":", to: &out)
    appendIdentifier(rows.last, to: &out)
    out.append(UInt8(ascii: "}"))
    return out
  }

  /// The model of that name on the backend that is up and first by name.
  static func entry(named name: String, in fleet: FleetSnapshot) -> [UInt8]? {
    let rows = fleet.candidates(for: name).compactMap { candidate -> Row? in
      let member = fleet.members[candidate.member]
      guard member.isRoutable else { return nil }
      return Row(model: member.models[candidate.model], owner: member.backend.name)
    }
    guard let row = rows.min(by: { $0.owner < $1.owner }) else { return nil }
    var out: [UInt8] = []
    append(
      row, created: fleet.created, moment: UTCTime(unixSeconds: fleet.created).text, to: &out)
    return out
  }

  private static func append(
    _ row: Row, created: Int64, moment: String, to out: inout [UInt8]
  ) {
    let report = row.model.report
    JSONWriter.appendRaw("{\"id\":", to: &out)
    JSONWriter.appendString(row.model.idBytes, to: &out)
    JSONWriter.appendRaw(",\"object\":\"model\",\"created\":", to: &out)
    JSONWriter.appendInteger(created, to: &out)
    JSONWriter.appendRaw(",\"owned_by\":", to: &out)
    JSONWriter.appendString(Array(row.owner.utf8), to: &out)
    JSONWriter.appendRaw(",\"type\":\"model\",\"display_name\":", to: &out)
    JSONWriter.appendString(row.model.idBytes, to: &out)
    JSONWriter.appendRaw(",\"created_at\":\"", to: &out)
    out.append(contentsOf: moment.utf8)
    out.append(UInt8(ascii: "\""))
    // A number that nobody knows is left out: zero would be a claim.
    if report.contextTokens > 0 {
      JSONWriter.appendRaw(",\"context_length\":", to: &out)
      JSONWriter.appendInteger(Int64(clamping: report.contextTokens), to: &out)
    }
    JSONWriter.appendRaw(",\"capabilities\":{\"vision\":", to: &out)
    JSONWriter.appendBool(report.abilities.contains(.vision), to: &out)
    JSONWriter.appendRaw(",\"tools\":", to: &out)
    JSONWriter.appendBool(report.abilities.contains(.tools), to: &out)
    JSONWriter.appendRaw(",\"json_mode\":", to: &out)
    JSONWriter.appendBool(report.abilities.contains(.json), to: &out)
    JSONWriter.appendRaw("}}", to: &out)
  }

  private static func appendIdentifier(_ row: Row?, to out: inout [UInt8]) {
    guard let row else { return JSONWriter.appendRaw("null", to: &out) }
    JSONWriter.appendString(row.model.idBytes, to: &out)
  }
}
