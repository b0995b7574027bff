import Drivers
import Fleet
import Text

/// Which models there are, what they can do and where they are: a row for every model, a column for
/// every backend.
enum MatrixSection {
  /// What a page can hold of a large fleet.
  static let rowLimit = 200
  static let columnLimit = 30

  static func html(_ snapshot: LiveSnapshot) -> HTMLText {
    let fleet = snapshot.view.fleet
    let rows = fleet.modelTable.rows
    var html: HTMLText = #"<div id="models">"#
    if rows.isEmpty {
      html.add(
        fleet.members.isEmpty
          ? Piece.empty("No models, since there is no backend yet.")
          : Piece.empty(
            """
            No backend lists a model. Give one a model, for instance with \
            <code>ollama pull llama3.2</code>; <code>nexus doctor</code> tells what is wrong.
            """))
    } else {
      let columns = fleet.members.prefix(columnLimit)
      html.add(head(columns))
      let members = columns.map { StateMark($0).tone }
      let isOff = columns.map { !$0.isRoutable }
      for row in rows.prefix(rowLimit) { html.add(self.row(row, isOff, members.count)) }
      html.add("</tbody></table></div>")
      html.add(rest(rows.count, fleet.members.count))
    }
    html.add("</div>")
    return html
  }

  private static func head(_ members: ArraySlice<FleetMember>) -> HTMLText {
    var html: HTMLText = #"""
      <div class="scroll" role="region" tabindex="0" aria-label="Models by backend"><table class="matrix">\#
      <caption class="vh">Models, what they can do, and on which backends they are</caption><thead><tr>\#
      <th scope="col">Model</th><th scope="col" class="n">Context</th><th scope="col">Abilities</th>
      """#
    for member in members {
      let mark = StateMark(member)
      html.add(
        #"""
        <th scope="col"\#(#" class="off""#, if: !member.isRoutable)>\#
        \#(Piece.name(member.backend.name, longest: 20))\#
        <span class="st \#(mark.tone)" title="\#(mark.word)">\#(Piece.icon(mark.icon))\#
        <span class="vh">\#(mark.word)</span></span></th>
        """#)
    }
    html.add("</tr></thead><tbody>")
    return html
  }

  private static func row(_ row: ModelTable.Row, _ isOff: [Bool], _ columns: Int) -> HTMLText {
    var abilities: Abilities = []
    var context: UInt64 = 0
    for place in row.places {
      abilities.formUnion(place.model.report.abilities)
      context = max(context, place.model.contextTokens)
    }
    var html: HTMLText = #"""
      <tr data-key="\#(row.id)"><th scope="row">\#(Piece.name(row.id, longest: 50))</th>\#
      <td class="n">\#(context == 0 ? "–" : Figures.context(context))</td><td>\#(badges(abilities))</td>
      """#
    var next = row.places.startIndex
    for column in 0..<columns {
      guard next < row.places.endIndex, row.places[next].member == column else {
        html.add(isOff[column] ? none.off : none.on)
        continue
      }
      let cell = cell(row.places[next].model.report)
      html.add(isOff[column] ? cell.off : cell.on)
      next += 1
    }
    html.add("</tr>")
    return html
  }

  /// A cell, and how it looks on a backend that takes no requests.
  private typealias Cell = (on: HTMLText, off: HTMLText)

  private static let none: Cell = (
    #"<td><span class="vh">not there</span></td>"#,
    #"<td class="off"><span class="vh">not there</span></td>"#
  )
  private static let unavailable: Cell = (
    #"<td class="no">unusable</td>"#, #"<td class="no off">unusable</td>"#
  )
  private static let loaded: Cell = (
    #"<td class="hot">loaded</td>"#, #"<td class="hot off">loaded</td>"#
  )
  private static let loading: Cell = (
    #"<td class="mid">loading</td>"#, #"<td class="mid off">loading</td>"#
  )
  private static let installed: Cell = (
    #"<td class="cold">installed</td>"#, #"<td class="cold off">installed</td>"#
  )
  private static let failed: Cell = (
    #"<td class="no">failed</td>"#, #"<td class="no off">failed</td>"#
  )
  private static let listed: Cell = (
    #"<td class="any">listed</td>"#, #"<td class="any off">listed</td>"#
  )

  private static func cell(_ report: ModelReport) -> Cell {
    if report.isUnavailable { return unavailable }
    return switch report.residency {
    case .loaded: loaded
    case .loading: loading
    case .unloaded: installed
    case .failed: failed
    case .unknown: listed
    }
  }

  private static func badges(_ abilities: Abilities) -> HTMLText {
    var html = HTMLText()
    if abilities.contains(.vision) {
      html.add(#"<abbr class="cap" title="Takes images">Vision</abbr>"#)
    }
    if abilities.contains(.tools) {
      html.add(#"<abbr class="cap" title="Calls tools">Tools</abbr>"#)
    }
    if abilities.contains(.json) {
      html.add(#"<abbr class="cap" title="Answers in JSON when asked to">JSON</abbr>"#)
    }
    if abilities.contains(.embeddings) {
      html.add(#"<abbr class="cap" title="Makes embeddings">Embeddings</abbr>"#)
    }
    if abilities.contains(.reasoning) {
      html.add(#"<abbr class="cap" title="Reasons before it answers">Reasoning</abbr>"#)
    }
    return html.isEmpty
      ? #"<abbr class="cap plain" title="Text only, as far as it is known">Basic</abbr>"# : html
  }

  private static func rest(_ rows: Int, _ columns: Int) -> HTMLText {
    var html = HTMLText()
    if rows > rowLimit { html.add("\(Figures.count(rows - rowLimit)) more models") }
    if columns > columnLimit {
      html.add(html.isEmpty ? "" : ", ")
      html.add("\(columns - columnLimit) more backends")
    }
    return html.isEmpty ? "" : #"<p class="more">\#(html): <code>nexus models</code></p>"#
  }
}

/// The models that the playground can be pointed at.
enum ModelChoice {
  private static let limit = 500

  static func html(_ snapshot: LiveSnapshot) -> HTMLText {
    let fleet = snapshot.view.fleet
    var html: HTMLText = #"<select id="pick" name="model" required>"#
    var count = 0
    for row in fleet.modelTable.rows where count < limit {
      let chats = row.places.contains {
        fleet.members[$0.member].isRoutable && $0.model.isUsable
          && !$0.model.lacks.contains(.chat)
          && $0.model.report.abilities.intersection([.chat, .embeddings, .rerank]) != .embeddings
      }
      guard chats else { continue }
      count += 1
      html.add(#"<option value="\#(row.id)">\#(row.id.cut(to: 80))</option>"#)
    }
    if count == 0 { html.add(#"<option value="">no model can be reached</option>"#) }
    html.add("</select>")
    return html
  }
}
