// StoryDrawing.swift - one state as a drawing: pages, frames, translation tables.
//
// Owns: the geometry. Only what is there is drawn: mapped pages, frames in use, live holders. Letters are of one width, so that each
// column is as wide as its longest label.
import KernelMemory

/// Drawings of the states of one trace: all of one geometry, so that what stays the same stays in its place.
struct StoryDrawing {
    private struct Box {
        let label: String
        let frame: Int?
    }

    /// One column: where it begins and how wide it is, in pixels.
    private struct Column {
        let left: Int
        let width: Int
        var right: Int { left + width }

        init(left: Int, labels: [String]) {
            self.left = left
            let longest = labels.map(\.count).max() ?? 0
            // Twelve-pixel letters of a monospaced font are 7.2 to 7.3 pixels wide.
            width = longest * 73 / 10 + 22
        }
    }

    private static let rowHeight = 30
    /// Room for the lines between two columns.
    private static let gap = 85

    private let scenario: Scenario
    private let entries: Column
    private let middle: Column
    private let table: Column

    init(_ states: [KernelState], _ scenario: Scenario) {
        self.scenario = scenario
        entries = Column(left: 0, labels: states.flatMap { Self.pages($0, scenario) }.map(\.label))
        let frames = states.flatMap { state in Self.frames(state, scenario).map { Self.frameLabel($0, state) } }
        middle = Column(left: entries.right + Self.gap, labels: frames)
        table = Column(left: middle.right + Self.gap, labels: states.flatMap { Self.slots($0, scenario) }.map(\.label))
    }

    /// The drawing of one of the states, as an SVG element.
    func svg(_ state: KernelState) -> String {
        let pages = Self.pages(state, scenario)
        let slots = Self.slots(state, scenario)
        let frames = Self.frames(state, scenario)
        let height = max(pages.count, slots.count, frames.count, 1) * Self.rowHeight + 6
        var svg = "<svg viewBox=\"0 0 \(table.right) \(height)\" width=\"\(table.right)\" role=\"img\">"
        for (row, page) in pages.enumerated() {
            svg += Self.box(entries, row, "entry", page.label)
            if let target = page.frame.flatMap({ frames.firstIndex(of: $0) }) { svg += Self.line(entries.right, row, middle.left, target, "map") }
        }
        for (row, slot) in slots.enumerated() {
            svg += Self.box(table, row, "slot", slot.label)
            if let target = slot.frame.flatMap({ frames.firstIndex(of: $0) }) { svg += Self.line(table.left, row, middle.right, target, "dma") }
        }
        for (row, frame) in frames.enumerated() {
            let held = state.pinsAndReferences(PageFrameNumber(frame)) > 0
            svg += Self.box(middle, row, held ? "held" : "frame", Self.frameLabel(frame, state))
        }
        return svg + "</svg>"
    }

    /// Frames in use, and those that something names.
    private static func frames(_ state: KernelState, _ scenario: Scenario) -> [Int] {
        let named = (pages(state, scenario) + slots(state, scenario)).compactMap(\.frame)
        return (0..<Bounds.frames).filter { state[.frame(PageFrameNumber($0), .use)] != 0 || named.contains($0) }
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

    private static func box(_ column: Column, _ row: Int, _ kind: String, _ label: String) -> String {
        let y = row * rowHeight + 3
        return "<rect class=\"\(kind)\" x=\"\(column.left + 2)\" y=\"\(y)\" width=\"\(column.width - 4)\" height=\"22\" rx=\"4\"/>"
            + "<text x=\"\(column.left + 10)\" y=\"\(y + 15)\">\(label)</text>"
    }

    private static func line(_ fromX: Int, _ fromRow: Int, _ toX: Int, _ toRow: Int, _ kind: String) -> String {
        let (y1, y2) = (fromRow * rowHeight + 14, toRow * rowHeight + 14)
        return "<line class=\"\(kind)\" x1=\"\(fromX)\" y1=\"\(y1)\" x2=\"\(toX)\" y2=\"\(y2)\"/>"
    }
}
