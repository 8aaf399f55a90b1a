"""Everything that defines a simulation: `load_scenario(path) -> Scenario`, or a ScenarioError with a helpful message."""
