Feature: An override is lifted

  Scenario: Without the override the numbers speak again
    Given the Account "Ginkgo Health"
    And the open Opportunity "Leaf"
    And the plan "Team" at 100 USD a month
    When "Ginkgo Health" subscribes to 1 x "Team" for the Opportunity "Leaf"
    And 5 days pass
    And a CSM sets the health of the Account "Ginkgo Health" to Watch until 2027-10-01
    Then the Account "Ginkgo Health" shows:
      | Customer Health | Watch |
    When a CSM lifts the override of the Account "Ginkgo Health"
    Then the Account "Ginkgo Health" shows:
      | Customer Health | Healthy |
