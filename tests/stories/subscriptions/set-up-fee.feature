Feature: A set-up fee beside the subscription

  Scenario: With a term, what was sold holds the fee
    Given the Account "Trey Research"
    And the open Opportunity "Lab"
    And the plan "Team" at 100 USD a month
    When "Trey Research" subscribes to 1 x "Team" for the Opportunity "Lab", for a term of 12 months, plus 500 USD for "Set-up"
    Then the Opportunity "Lab" shows:
      | Amount      | 1,700.00 |
      | Booked ACV  | 1,200.00 |
      | Current ARR | 1,200.00 |
      | Collected   | 600.00   |
