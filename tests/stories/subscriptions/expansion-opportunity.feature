Feature: An expansion is an Opportunity of its own

  Scenario: A second subscription names its own Opportunity
    Given the Account "Wingtip Toys"
    And the open Opportunity "First"
    And the open Opportunity "More"
    And the plan "Team" at 100 USD a month
    And the plan "Analytics" at 250 USD a month
    When "Wingtip Toys" subscribes to 1 x "Team" for the Opportunity "First"
    And 10 days pass
    And "Wingtip Toys" subscribes to 1 x "Analytics" for the Opportunity "More"
    Then the Opportunity "First" shows:
      | Booked ACV | 1,200.00 |
    And the Opportunity "More" shows:
      | Booked ACV | 3,000.00   |
      | Close Date | 2026-10-11 |
    And the movements are:
      | Kind      | Date       | Amount |
      | New       | 2026-10-01 | 100.00 |
      | Expansion | 2026-10-11 | 250.00 |
    And the Account "Wingtip Toys" shows:
      | ACV         | 4,200.00 |
      | Current ARR | 4,200.00 |
