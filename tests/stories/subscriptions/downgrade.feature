Feature: A downgrade whose credit comes off the next invoice

  Scenario: What is coming is lower by what is left of the dearer plan
    Given the Account "Blue Yonder"
    And the plan "Business" at 100 USD a month
    And the plan "Team" at 60 USD a month
    And the open Opportunity "Fleet"
    When "Blue Yonder" subscribes to 1 x "Business" for the Opportunity "Fleet"
    And 30 days pass
    And "Blue Yonder" moves from "Business" to "Team", with the difference on the next invoice
    And a day passes
    Then the revenue entries are:
      | Kind   | Date       | Amount |
      | Charge | 2026-10-01 | 100.00 |
      | Charge | 2026-11-01 | 40.00  |
    And the movements are:
      | Kind        | Date       | Amount |
      | New         | 2026-10-01 | 100.00 |
      | Contraction | 2026-10-31 | -40.00 |
    And the Account "Blue Yonder" shows:
      | Lifetime Value | 140.00 |
      | Current ARR    | 720.00 |
