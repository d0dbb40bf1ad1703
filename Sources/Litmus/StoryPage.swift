// StoryPage.swift - a scenario's story as one self-contained page.
//
// Owns: the page: prose, results, and for each answer a strip of drawings, one per step that changed memory: address spaces on the
// left, page frames in the middle, translation tables on the right, lines where one names another. No script, nothing fetched.
import KernelMemory

/// A scenario told as a page.
public enum StoryPage {
    /// The page.
    public static func html(_ report: ScenarioReport) -> String {
        let scenario = report.scenario
        var body = "<h1>\(escape(scenario.question))</h1>\n"
        body += "<p class=\"name\">\(escape(scenario.debate))/\(escape(scenario.name))</p>\n"
        if !scenario.text.isEmpty { body += "<p>\(escape(scenario.text.joined(separator: " ")))</p>\n" }
        body += table(report)
        for chapter in Story.chapters(report) {
            body += "<h2>\(escape(chapter.title)) <small>under \(escape(chapter.trace.ruleSet.name))</small></h2>\n"
            body += steps(chapter.trace)
        }
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>\(escape(scenario.name))</title>
            <style>\(style)</style></head>
            <body><main>
            \(body)</main></body></html>

            """
    }

    private static let style = """
        body{font:15px/1.5 system-ui,sans-serif;color:#1b1f24;background:#fff;margin:0}
        main{max-width:1100px;margin:2em auto;padding:0 1em}
        h1{font-size:1.5em;line-height:1.25}h2{font-size:1.15em;margin-top:2.2em;border-top:1px solid #d0d7de;padding-top:1em}
        small,.name{color:#57606a;font-weight:normal}
        table{border-collapse:collapse;margin:1em 0;display:block;overflow-x:auto}td,th{border:1px solid #d0d7de;padding:.25em .6em;text-align:left;font-size:.9em}
        .always{background:#dafbe1}.never{background:#f6f8fa}.sometimes{background:#fff8c5}
        .step{display:flex;gap:1.2em;align-items:flex-start;border-left:3px solid #d0d7de;margin:.9em 0;padding-left:1em}
        .step.decisive{border-color:#cf222e}.step div{flex:0 0 300px;font-size:.9em;overflow-wrap:anywhere}.step code{font-weight:600}
        .step ul{margin:.3em 0;padding-left:1.2em;color:#57606a}svg{flex:0 1 auto;min-width:0;height:auto}
        text{font:12px 'DejaVu Sans Mono','Liberation Mono',Consolas,Menlo,monospace}.frame{fill:#eef4ff;stroke:#4a6fa5}.held{fill:#ffe8d9;stroke:#bc4c00}
        .entry{fill:#f6f8fa;stroke:#8c959f}.slot{fill:#fff1f0;stroke:#bc4c00}.map{stroke:#4a6fa5;stroke-width:1.5}
        .dma{stroke:#bc4c00;stroke-width:1.5;stroke-dasharray:5 3}
        """

    private static func escape(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "&": escaped += "&amp;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
        return escaped
    }

    private static func table(_ report: ScenarioReport) -> String {
        let shown = report.scenario.expectations.indices.filter { ReportTable.isFirst($0, report.scenario) }
        var html = "<table><tr><th>rules</th>"
        for index in shown { html += "<th>\(escape(report.scenario.expectations[index].text))</th>" }
        html += "</tr>\n"
        for group in ReportTable.groups(report) {
            html += "<tr><th>\(escape(group.name))</th>"
            for index in shown {
                let word = ReportTable.word(report, index, group.result)
                html += "<td class=\"\(word.split(separator: " ").first ?? "")\">\(escape(word))</td>"
            }
            html += "</tr>\n"
        }
        return html + "</table>\n"
    }

    private static func steps(_ trace: Trace) -> String {
        var html = ""
        var before = trace.initial
        let drawing = StoryDrawing(trace.steps.map(\.state), trace.scenario)
        for (index, step) in trace.steps.enumerated() {
            defer { before = step.state }
            guard !step.changes.isEmpty else { continue }
            let changes = step.changes.map { "<li>\(escape($0))</li>" }.joined()
            html += "<div class=\"step\(index == trace.decisive ? " decisive" : "")\"><div>\(index + 1). "
            html += "\(escape(trace.scenario.actors[step.actor.index])): <code>\(escape(step.statement))</code><ul>\(changes)</ul></div>"
            if index == 0 || StateChange.touchesMemory(before, step.state) { html += drawing.svg(step.state) }
            html += "</div>\n"
        }
        return html
    }
}
