Feature: An invoice was a mistake

  Scenario: A void invoice is no cash and nothing is expected of it
    Given the Account "Thomas Harvest"
    And the open Opportunity "Field"
    And the plan "Team" at 150 USD a month
    When "Thomas Harvest" subscribes to 1 x "Team" for the Opportunity "Field", invoiced with 30 days to pay
    And a day passes
    And the open invoice of "Thomas Harvest" is voided
    Then the renewals are:
      | Status   | Amount Due | In Dunning | Dunning Status |
      | Void     | 150.00     | no         |                |
      | Upcoming | 150.00     | no         |                |
    And there is no revenue entry
    And there is no Task
