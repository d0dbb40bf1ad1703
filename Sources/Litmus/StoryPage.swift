// StoryPage.swift - a scenario's story as one self-contained page.

/// A scenario told as a page.
public enum StoryPage {
    /// The page.
    public static func html(_ report: ScenarioReport) -> String { "<!doctype html><title>\(report.scenario.name)</title><pre>\(Story.text(report))</pre>" }
}
