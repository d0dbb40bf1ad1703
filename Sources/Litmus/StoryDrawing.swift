// StoryDrawing.swift - one state as a drawing: pages, frames, translation tables.
//
// Owns: the geometry. Only what is there is drawn: mapped pages, frames in use, live holders.
import KernelMemory

/// One state as a drawing.
enum StoryDrawing {
    private struct Box {
        let label: String
        let frame: Int?
    }

    private static let rowHeight = 30

    /// The drawing, as an SVG element.
    static func svg(_ state: KernelState, _ scenario: Scenario) -> String {
        let pages = pages(state, scenario)
        let slots = slots(state, scenario)
        let frames = (0..<Bounds.frames).filter { frame in
            state[.frame(PageFrameNumber(frame), .use)] != 0 || (pages + slots).contains { $0.frame == frame }
        }
        let rows = max(pages.count, slots.count, frames.count, 1)
        var svg = "<svg viewBox=\"0 0 620 \(rows * rowHeight + 6)\" width=\"620\" role=\"img\">"
        for (row, page) in pages.enumerated() {
            svg += box(0, row, 150, "entry", page.label)
            if let target = page.frame.flatMap({ frames.firstIndex(of: $0) }) { svg += line(150, row, 235, target, "map") }
        }
        for (row, slot) in slots.enumerated() {
            svg += box(490, row, 125, "slot", slot.label)
            if let target = slot.frame.flatMap({ frames.firstIndex(of: $0) }) { svg += line(490, row, 405, target, "dma") }
        }
        for (row, frame) in frames.enumerated() {
            let held = state.pinsAndReferences(PageFrameNumber(frame)) > 0
            svg += box(235, row, 170, held ? "held" : "frame", frameLabel(frame, state))
        }
        return svg + "</svg>"
    }

    private static func frameLabel(_ frame: Int, _ state: KernelState) -> String {
        if frame == Bounds.frames - 1 { return "zero page" }
        guard state[.frame(PageFrameNumber(frame), .use)] != 0 else { return "frame \(frame): free" }
        let held = state.pinsAndReferences(PageFrameNumber(frame))
        let content = state[.frame(PageFrameNumber(frame), .content)]
        return "frame \(frame): \(content)\(held > 0 ? " · held \(held)" : "")"
    }

    private static func pages(_ state: KernelState, _ scenario: Scenario) -> [Box] {
        var boxes: [Box] = []
        for process in scenario.processes.indices where state[.process(ProcessID(process), .life)] == 1 {
            for page in 0..<Bounds.pages where state.isMapped(ProcessID(process), PageNumber(page)) {
                let frame = state.frameMapped(ProcessID(process), PageNumber(page))
                let rights = frame == nil ? "" : state.isWritable(ProcessID(process), PageNumber(page)) ? " rw" : " ro"
                boxes.append(Box(label: scenario.pageName(ProcessID(process), PageNumber(page)) + rights, frame: frame?.index))
            }
        }
        return boxes
    }

    private static func slots(_ state: KernelState, _ scenario: Scenario) -> [Box] {
        var boxes: [Box] = []
        for (index, name) in scenario.regions.enumerated() where state[.region(RegionID(index), .life)] != 0 {
            for slot in 0..<state[.region(RegionID(index), .pageCount)] {
                boxes.append(Box(label: "\(name)[\(slot)]", frame: state.frameHeld(RegionID(index), slot)?.index))
            }
        }
        return boxes
    }

    private static func box(_ x: Int, _ row: Int, _ width: Int, _ kind: String, _ label: String) -> String {
        let y = row * rowHeight + 3
        return "<rect class=\"\(kind)\" x=\"\(x + 2)\" y=\"\(y)\" width=\"\(width - 4)\" height=\"22\" rx=\"4\"/>"
            + "<text x=\"\(x + 10)\" y=\"\(y + 15)\">\(label)</text>"
    }

    private static func line(_ fromX: Int, _ fromRow: Int, _ toX: Int, _ toRow: Int, _ kind: String) -> String {
        let (y1, y2) = (fromRow * rowHeight + 14, toRow * rowHeight + 14)
        return "<line class=\"\(kind)\" x1=\"\(fromX)\" y1=\"\(y1)\" x2=\"\(toX)\" y2=\"\(y2)\"/>"
    }
}
