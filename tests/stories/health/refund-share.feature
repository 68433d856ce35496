Feature: Refunds as a share of what was collected

  Scenario: A tenth is a warning, a third is a risk, and new money heals
    Given the Account "Elm Street Records"
    And the open Opportunity "Vinyl"
    And the plan "Team" at 100 USD a month
    When "Elm Street Records" subscribes to 1 x "Team" for the Opportunity "Vinyl"
    And 5 days pass
    Then the Account "Elm Street Records" shows:
      | Customer Health | Healthy |
    When 15 USD of the last payment of "Elm Street Records" are refunded
    Then the Account "Elm Street Records" shows:
      | Customer Health | Watch      |
      | Health Reason   | …refund… |
    When 5 days pass
    And 20 USD of the last payment of "Elm Street Records" are refunded
    Then the Account "Elm Street Records" shows:
      | Customer Health | At Risk    |
      | Health Reason   | …refund… |
    When 21 days pass
    Then the Account "Elm Street Records" shows:
      | Lifetime Value  | 165.00  |
      | Customer Health | Watch   |
