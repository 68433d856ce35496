Feature: A metered plan beside a licence

  Scenario: Usage is not revenue that recurs
    Given the Account "Woodgrove Bank"
    And the open Opportunity "Teller"
    And the plan "Licence" at 500 USD a month
    And the metered plan "Calls" at 2 USD a month
    When "Woodgrove Bank" subscribes to 1 x "Licence" and 1 x "Calls" for the Opportunity "Teller"
    Then the Opportunity "Teller" shows:
      | Current ARR | 6,000.00 |
      | Booked ACV  | 6,000.00 |
