Feature: The customer leaves while an invoice is unpaid

  Scenario: The Task is closed with the reason
    Given the Account "Litware" of rep "Rita"
    And the open Opportunity "Words"
    And the plan "Team" at 160 USD a month
    When "Litware" subscribes to 1 x "Team" for the Opportunity "Words"
    And 15 days pass
    And the card of "Litware" is declined from now on: insufficient funds
    And 16 days pass
    Then the Task is:
      | Closed |
      | no     |
    When "Litware" cancels "Team" at once because it is too expensive
    Then the Task is:
      | Closed | Description |
      | yes    | …has ended…  |
    And the Account "Litware" shows:
      | Customer Health | Churned |
      | At-Risk MRR     | 0.00    |
