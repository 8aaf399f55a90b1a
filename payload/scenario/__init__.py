"""What the customer asks us to fly: `load_scenario(path) -> Scenario`, or a ScenarioError with a helpful message."""
